// Numbers of 16 bits, in which weights may be kept.
#ifndef SPIKESIM_NATIVE_HALF_H_
#define SPIKESIM_NATIVE_HALF_H_

#include "plain.h"

namespace spikesim {

// IEEE 754 binary16 without subnormal numbers and infinities: from 2^-14 to 65504, and 0.
struct Half {
  uint16_t bits;

  Half() = default;
  // To the nearest, ties to even; what is too small becomes 0.
  SPIKESIM_INLINE explicit Half(float x) {
    uint32_t all;
    memcpy(&all, &x, 4);
    const uint32_t size = all & 0x7FFFFFFFu;
    const uint32_t rounded = size + 0xFFFu + ((size >> 13) & 1u);
    const uint32_t half = rounded < (113u << 23) ? 0u : (rounded - (112u << 23)) >> 13;
    bits = static_cast<uint16_t>((all >> 16 & 0x8000u) | half);
  }
  SPIKESIM_INLINE operator float() const {
    const uint32_t all = (bits & 0x7FFFu) << 13 | (bits & 0x8000u) << 16;
    float x;
    memcpy(&x, &all, 4);
    return x * 0x1p112f;
  }
};

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_HALF_H_

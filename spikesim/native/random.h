// The random numbers of spikesim/random.py: Threefry2x32-20 and what is made of its words.
#ifndef SPIKESIM_NATIVE_RANDOM_H_
#define SPIKESIM_NATIVE_RANDOM_H_

#include <cstdint>

#include "portable.h"

// A loop compiled for several instruction sets, chosen when the library is loaded. Contraction is
// off for the whole library, so all versions give the same bits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)
#define SPIKESIM_VECTOR __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define SPIKESIM_VECTOR
#endif

namespace spikesim {

struct Words {
  uint32_t x, y;
};

SPIKESIM_INLINE uint32_t Rotate(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }

SPIKESIM_INLINE Words Threefry(uint32_t key0, uint32_t key1, uint32_t counter0, uint32_t counter1) {
  const uint32_t keys[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
  uint32_t x = counter0 + key0, y = counter1 + key1;
#define SPIKESIM_ROUND(R) x += y; y = Rotate(y, R) ^ x;
#define SPIKESIM_GROUP(A, B, C, D, G)                                   \
  SPIKESIM_ROUND(A) SPIKESIM_ROUND(B) SPIKESIM_ROUND(C) SPIKESIM_ROUND(D) \
  x += keys[(G + 1) % 3]; y += keys[(G + 2) % 3] + G + 1;
  SPIKESIM_GROUP(13, 15, 26, 6, 0)
  SPIKESIM_GROUP(17, 29, 16, 24, 1)
  SPIKESIM_GROUP(13, 15, 26, 6, 2)
  SPIKESIM_GROUP(17, 29, 16, 24, 3)
  SPIKESIM_GROUP(13, 15, 26, 6, 4)
#undef SPIKESIM_GROUP
#undef SPIKESIM_ROUND
  return {x, y};
}

// 53 bits of both words, in [0, 1).
SPIKESIM_INLINE double Uniform(Words w) {
  // Both halves fit an int32, which converts to double in vectors everywhere.
  const double high = static_cast<double>(static_cast<int32_t>(w.x >> 5));
  const double low = static_cast<double>(static_cast<int32_t>(w.y >> 6));
  return (high * 67108864.0 + low) * 0x1p-53;
}

// floor(word n / 2^32)
SPIKESIM_INLINE uint32_t Integer(uint32_t word, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint64_t>(word) * n) >> 32);
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_RANDOM_H_

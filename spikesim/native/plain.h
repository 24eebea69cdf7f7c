// What code for CPUs and GPUs alike needs of a compiler: g++ and clang, nvcc, or NVRTC, which has no
// headers.
#ifndef SPIKESIM_NATIVE_PLAIN_H_
#define SPIKESIM_NATIVE_PLAIN_H_

#if defined(__CUDACC_RTC__)
using int8_t = signed char;
using uint8_t = unsigned char;
using int16_t = short;
using uint16_t = unsigned short;
using int32_t = int;
using uint32_t = unsigned int;
using int64_t = long long;
using uint64_t = unsigned long long;
using uintptr_t = unsigned long long;
#else
#include <math.h>
#include <stdint.h>
#include <string.h>
#endif

// A function that is always inlined; a table that it reads; a function of the compiler's own.
#if defined(__CUDACC__)
#define SPIKESIM_INLINE __device__ __forceinline__
#define SPIKESIM_TABLE __device__ constexpr
#define SPIKESIM_BUILTIN(NAME) ::NAME
#elif defined(__GNUC__)
#define SPIKESIM_INLINE inline __attribute__((always_inline))
#define SPIKESIM_TABLE constexpr
#define SPIKESIM_BUILTIN(NAME) __builtin_##NAME
#else
#define SPIKESIM_INLINE inline
#define SPIKESIM_TABLE constexpr
#define SPIKESIM_BUILTIN(NAME) ::NAME
#endif

namespace spikesim {

#if defined(__CUDACC__)
constexpr double kInfinity = __builtin_bit_cast(double, 0x7FF0000000000000ull);
constexpr double kNaN = __builtin_bit_cast(double, 0x7FF8000000000000ull);
constexpr float kInfinityFloat = __builtin_bit_cast(float, 0x7F800000u);
constexpr float kNaNFloat = __builtin_bit_cast(float, 0x7FC00000u);
#else
constexpr double kInfinity = __builtin_inf(), kNaN = __builtin_nan("");
constexpr float kInfinityFloat = __builtin_inff(), kNaNFloat = __builtin_nanf("");
#endif

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_PLAIN_H_

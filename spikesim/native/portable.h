// spikesim/portable.py in C++: the same operations in the same order, so the same bits. Contraction
// is off for the whole library.
#ifndef SPIKESIM_NATIVE_PORTABLE_H_
#define SPIKESIM_NATIVE_PORTABLE_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__GNUC__)
#define SPIKESIM_INLINE inline __attribute__((always_inline))
#else
#define SPIKESIM_INLINE inline
#endif

namespace spikesim {

constexpr double kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;

// c[0] + x (c[1] + x (c[2] + ...))
template <int kTerms>
SPIKESIM_INLINE double Horner(double x, const double (&c)[kTerms]) {
  double total = c[kTerms - 1];
  for (int k = kTerms - 2; k >= 0; --k) total = total * x + c[k];
  return total;
}

SPIKESIM_INLINE double FromBits(uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, 8);
  return x;
}

SPIKESIM_INLINE uint64_t ToBits(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, 8);
  return bits;
}

// x = significand 2^exponent, for normal positive x.
SPIKESIM_INLINE double Significand(double x) {
  return FromBits((ToBits(x) & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
}

SPIKESIM_INLINE double Exponent(double x) {
  // By way of an int32, which converts to double in vectors everywhere.
  return static_cast<double>(static_cast<int32_t>(ToBits(x) >> 52) - 1023);
}

// The natural logarithm of a normal positive number.
SPIKESIM_INLINE double Log(double x) {
  constexpr double kSeries[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
  // A significand above 1.4142135623730951 is halved: the sum carries into the exponent.
  const uint64_t bits = ToBits(x);
  const uint64_t exponent = (bits + 0x00095F619980C432ull) & 0x7FF0000000000000ull;
  const double f = FromBits(bits - exponent + 0x3FF0000000000000ull) - 1.0;
  // The bits of 2^52 + n are those of 2^52 plus n: no conversion, which vectors may lack.
  const double k = FromBits((exponent >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
  const double half_square = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double series = z * Horner(z, kSeries);
  const double small = s * (half_square + series) + (k * kLn2Low + 0.0);
  return k * kLn2High - ((half_square - small) - f);
}

// e^x of a number that is not NaN.
SPIKESIM_INLINE double Exp(double x) {
  constexpr double kSeries[] = {1.0 / 2,        1.0 / 6,         1.0 / 24,       1.0 / 120,
                                1.0 / 720,      1.0 / 5040,      1.0 / 40320,    1.0 / 362880,
                                1.0 / 3628800,  1.0 / 39916800,  1.0 / 479001600,
                                1.0 / 6227020800.0};
  constexpr double kSmallestNormal = 0x1p-1022;
  x = std::fabs(x) < kSmallestNormal ? x * 0.0 : x;
  x = x < -800.0 ? -800.0 : x > 800.0 ? 800.0 : x;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double high = x - k * kLn2High;
  const double low = k * kLn2Low - 0.0;
  const double r = high - low;
  const double y = 1.0 + (high + (r * r * Horner(r, kSeries) - low));
  const double exponent = Exponent(y) + k;
  if (exponent > 1023.0) return std::numeric_limits<double>::infinity();
  if (exponent < -1022.0) return 0.0;
  return Significand(y) * FromBits(static_cast<uint64_t>(static_cast<int64_t>(exponent) + 1023) << 52);
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_PORTABLE_H_

// Random numbers one at a time, as spikesim/random.py defines them: words, what is made of words,
// and the inverse of the normal distribution.
#ifndef SPIKESIM_NATIVE_NUMBERS_H_
#define SPIKESIM_NATIVE_NUMBERS_H_

#include "portable.h"

namespace spikesim {

// --- words ---------------------------------------------------------------------------------------

struct Words {
  uint32_t x, y;
};

SPIKESIM_INLINE uint32_t Rotate(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }

template <int kA, int kB, int kC, int kD>
SPIKESIM_INLINE Words FourRounds(Words w, uint32_t key0, uint32_t key1) {
  w.x += w.y; w.y = Rotate(w.y, kA) ^ w.x;
  w.x += w.y; w.y = Rotate(w.y, kB) ^ w.x;
  w.x += w.y; w.y = Rotate(w.y, kC) ^ w.x;
  w.x += w.y; w.y = Rotate(w.y, kD) ^ w.x;
  return {w.x + key0, w.y + key1};
}

// Threefry2x32 with 20 rounds (Salmon et al. 2011): the words of the counter (x, y).
SPIKESIM_INLINE Words Threefry(uint32_t key0, uint32_t key1, uint32_t x, uint32_t y) {
  const uint32_t key2 = key0 ^ key1 ^ 0x1BD11BDAu;
  Words w{x + key0, y + key1};
  w = FourRounds<13, 15, 26, 6>(w, key1, key2 + 1);
  w = FourRounds<17, 29, 16, 24>(w, key2, key0 + 2);
  w = FourRounds<13, 15, 26, 6>(w, key0, key1 + 3);
  w = FourRounds<17, 29, 16, 24>(w, key1, key2 + 4);
  return FourRounds<13, 15, 26, 6>(w, key2, key0 + 5);
}

// 53 bits of both words, in [0, 1).
SPIKESIM_INLINE double Uniform(uint32_t word0, uint32_t word1) {
  // Both halves fit an int32, which converts to double in vectors everywhere.
  const double high = static_cast<double>(static_cast<int32_t>(word0 >> 5));
  const double low = static_cast<double>(static_cast<int32_t>(word1 >> 6));
  return (high * 0x1p26 + low) * 0x1p-53;
}

// (j + 1/2) 2^-52, as random.open_uniform: inside (0, 1).
SPIKESIM_INLINE double OpenUniform(uint32_t word0, uint32_t word1) {
  const double high = static_cast<double>(static_cast<int32_t>(word0 >> 5));
  const double low = static_cast<double>(static_cast<int32_t>(word1 >> 7));
  return ((high * 0x1p25 + low) + 0.5) * 0x1p-52;
}

// floor(word n / 2^32)
SPIKESIM_INLINE uint32_t Integer(uint32_t word, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint64_t>(word) * n) >> 32);
}

// --- normal numbers ------------------------------------------------------------------------------

// Numerators and denominators of Wichura's algorithm PPND16 (Applied Statistics 37, 477, 1988),
// lowest order first.
SPIKESIM_TABLE double kCentreAbove[] = {
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227};
SPIKESIM_TABLE double kCentreBelow[] = {
    1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751,
    21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854};
SPIKESIM_TABLE double kMiddleAbove[] = {
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414};
SPIKESIM_TABLE double kMiddleBelow[] = {
    1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851,
    0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-09};
SPIKESIM_TABLE double kTailAbove[] = {
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07};
SPIKESIM_TABLE double kTailBelow[] = {
    1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615,
    0.0007868691311456133, 1.8463183175100548e-05, 1.421511758316446e-07, 2.0442631033899397e-15};

// Of a probability 1/2 + c, |c| <= 0.425.
SPIKESIM_INLINE double QuantileCentre(double c) {
  const double x = 0.180625 - c * c;
  return c * (Horner(x, kCentreAbove) / Horner(x, kCentreBelow));
}

// The distance from the centre that the formulas outside take.
SPIKESIM_INLINE double QuantileRadius(double p) {
  const double other = 1.0 - p;
  return SPIKESIM_BUILTIN(sqrt)(-LogSum(LogParts(p < other ? p : other)));
}

// Without the sign, for a radius up to 5, and beyond.
SPIKESIM_INLINE double QuantileMiddle(double r) {
  const double x = r - 1.6;
  return Horner(x, kMiddleAbove) / Horner(x, kMiddleBelow);
}
SPIKESIM_INLINE double QuantileTail(double r) {
  const double x = r - 5.0;
  return Horner(x, kTailAbove) / Horner(x, kTailBelow);
}

// The standard normal number of a probability inside (0, 1), as random.normal_quantile.
SPIKESIM_INLINE double NormalQuantile(double p) {
  const double c = p - 0.5;
  if (Abs(c) <= 0.425) return QuantileCentre(c);
  const double r = QuantileRadius(p);
  const double size = r > 5.0 ? QuantileTail(r) : QuantileMiddle(r);
  return c < 0.0 ? -size : size;
}

// --- counts --------------------------------------------------------------------------------------

// The largest count of a mean: floor(mean + 12 sqrt(mean) + 32), as random.poisson_limit.
SPIKESIM_INLINE int32_t PoissonLimit(double mean) {
  return static_cast<int32_t>(mean + 12.0 * SPIKESIM_BUILTIN(sqrt)(mean) + 32.0);
}

// Inversion as random.poisson defines it: the count is the number of partial sums that u reaches,
// up to the limit. zero: exp(-mean).
SPIKESIM_INLINE int32_t Poisson(double u, double mean, double zero) {
  const int32_t limit = PoissonLimit(mean);
  double p = zero, s = zero;
  int32_t k = 0;
  while (u >= s && k < limit) {
    ++k;
    p = (p * mean) / k;
    s = s + p;
  }
  return k;
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_NUMBERS_H_

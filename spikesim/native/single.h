// Elementary functions in float32: the same bits on every machine, but defined by nothing else. The
// largest errors, in units of the last place: power, log10, arctan,
// arcsin and arccos 0.6, exp 1.1, log 1.3, cosh, sin and cos 1.6,
// expm1 and exprel 1.9, log1p 2, sinh 2.3, tanh 2.5, tan 3.3. For |x| > 10^6, the absolute error of
// sine and cosine grows to about |x| 2^-52; for |x| > 2^30, they are NaN. Subnormal numbers may
// count as zero, and the sign of a zero may get lost.
//
// Methods and reductions are those of Cody and Waite (1980), as in portable.h. The polynomials are
// minimax ones, found by Remez' algorithm for the relative error of the function; coefficients were
// rounded one after the other, and the later ones fitted again.
#ifndef SPIKESIM_NATIVE_SINGLE_H_
#define SPIKESIM_NATIVE_SINGLE_H_

#include "portable.h"

namespace spikesim {

// --- building blocks -----------------------------------------------------------------------------

SPIKESIM_INLINE float FromBits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

SPIKESIM_INLINE uint32_t ToBits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

SPIKESIM_INLINE float Abs(float x) { return SPIKESIM_BUILTIN(fabsf)(x); }
SPIKESIM_INLINE float WithSign(float size, float x) { return SPIKESIM_BUILTIN(copysignf)(size, x); }

// NaN stays NaN.
SPIKESIM_INLINE float AtLeast(float x, float low) { return low > x ? low : x; }
SPIKESIM_INLINE float AtMost(float x, float high) { return high < x ? high : x; }

constexpr float kIntegerFloat = 0x1.8p23f;
constexpr float kLn2HighFloat = 0x1.62e4p-1f, kLn2LowFloat = 0x1.7f7d1cp-20f;

// e^x = 2^k (1 + p), where k stands in the low bits of `bits`.
struct ExpPartsFloat {
  uint32_t bits;
  float p;

  SPIKESIM_INLINE explicit ExpPartsFloat(float x) {
    constexpr float kSeries[] = {0x1.fffffep-2f, 0x1.5554aap-3f, 0x1.55579ep-5f, 0x1.122c7ap-7f,
                                 0x1.6ab2bcp-10f};
    const float shifted = x * 0x1.715476p0f + kIntegerFloat;
    const float k = shifted - kIntegerFloat;
    const float r = (x - k * kLn2HighFloat) - k * kLn2LowFloat;
    bits = ToBits(shifted);
    p = r + r * r * Horner(r, kSeries);
  }
  // 2^(k - by)
  SPIKESIM_INLINE float Power(int by) const { return FromBits((bits + (127 - by)) << 23); }
};

// k ln 2 + ln(1 + f)
SPIKESIM_INLINE float LogSum(float f, float k) {
  constexpr float kSeries[] = {0x1.555528p-2f, -0x1.000b1cp-2f, 0x1.99c338p-3f, -0x1.515a68p-3f,
                               0x1.1f9446p-3f, -0x1.35b3bep-3f, 0x1.1b132cp-3f};
  const float z = f * f;
  const float small = z * (f * Horner(f, kSeries)) + k * kLn2LowFloat;
  return k * kLn2HighFloat + (f - (0.5f * z - small));
}

// k of a normal positive number 2^k (1 + f), |f| <= 1/3.
SPIKESIM_INLINE int32_t LogExponent(float x) {
  return static_cast<int32_t>(ToBits(x) - 0x3F2AAAABu) >> 23;
}

// x 2^-k of a normal number, or where k = 0.
SPIKESIM_INLINE float Scaled(float x, int32_t k) {
  return FromBits(ToBits(x) - (static_cast<uint32_t>(k) << 23));
}

// The sine and cosine of x - n pi/2, |x| <= 2^30, reduced in float64.
struct QuarterTurnsFloat {
  float sine, cosine;
  uint32_t n;

  SPIKESIM_INLINE explicit QuarterTurnsFloat(float x) {
    constexpr float kSine[] = {-0x1.555546p-3f, 0x1.110774p-7f, -0x1.9951eap-13f};
    constexpr float kCosine[] = {0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f};
    const double wide = x, shifted = wide * 0.6366197723675814 + kInteger, k = shifted - kInteger;
    n = static_cast<uint32_t>(ToBits(shifted));
    const double reduced = (wide - k * 1.5707963267341256) - k * 6.077100506506192e-11;
    const float r = static_cast<float>(reduced);
    const float z = r * r;
    sine = r + r * (z * Horner(z, kSine));
    cosine = 1.0f - (0.5f * z - z * z * Horner(z, kCosine));
  }
};

SPIKESIM_INLINE float Either(uint32_t n, float if_odd, float if_even) {
  const uint32_t odd = 0 - (n & 1);
  return FromBits((ToBits(if_odd) & odd) | (ToBits(if_even) & ~odd));
}

SPIKESIM_INLINE float Turned(float x, const QuarterTurnsFloat& turns, uint32_t quadrant) {
  const float either = Either(quadrant, turns.cosine, turns.sine);
  const float value = FromBits(ToBits(either) ^ ((quadrant & 2) << 30));
  return Abs(x) <= 0x1p30f ? value : kNaNFloat;
}

// --- the functions -------------------------------------------------------------------------------

SPIKESIM_INLINE float Exp(float x) {
  const ExpPartsFloat e(x);
  const float value = FromBits(ToBits(1.0f + e.p) + (e.bits << 23));
  const float beyond = x * kInfinityFloat;  // inf or NaN
  const float above = x < 88.722839f ? value : beyond;
  return x < -87.336544f ? 0.0f : above;
}

// e^x - 1 = 2 (2^(k-1) p + (2^(k-1) - 1/2)): here and below, no power overflows before the result.
SPIKESIM_INLINE float Expm1(float x) {
  const ExpPartsFloat e(AtMost(AtLeast(x, -25.0f), 89.0f));
  const float power = e.Power(1), half = power * e.p + (power - 0.5f);
  return half + half;
}

SPIKESIM_INLINE float Exprel(float x) {
  const float nonzero = Abs(x) < 0x1p-60f ? 0x1p-60f : x;
  const float limited = AtMost(nonzero, 94.0f);
  const ExpPartsFloat e(AtLeast(limited, -25.0f));
  const float power = e.Power(16);
  return (power * e.p + (power - 0x1p-16f)) / (limited * 0x1p-16f);
}

SPIKESIM_INLINE float Log(float x) {
  const int32_t k = LogExponent(x);
  const float value = LogSum(Scaled(x, k) - 1.0f, static_cast<float>(k));
  const float special = x > -0x1p-126f ? -kInfinityFloat : kNaNFloat;
  const float finite = x < kInfinityFloat ? value : x;  // or inf or NaN
  return x < 0x1p-126f ? special : finite;
}

// With 1 + x = 2^k (1 + f), f = x 2^-k + (2^-k - 1) is rounded only once.
SPIKESIM_INLINE float Log1p(float x) {
  const int32_t k = LogExponent(1.0f + x);
  const float power = Scaled(1.0f, k < 127 ? k : 127);
  const float value = LogSum(Scaled(x, k) + (power - 1.0f), static_cast<float>(k));
  const float special = x == -1.0f ? -kInfinityFloat : kNaNFloat;
  const float finite = x < kInfinityFloat ? value : x;
  return x <= -1.0f ? special : finite;
}

SPIKESIM_INLINE float Sin(float x) {
  const QuarterTurnsFloat turns(x);
  return Turned(x, turns, turns.n);
}

SPIKESIM_INLINE float Cos(float x) {
  const QuarterTurnsFloat turns(x);
  return Turned(x, turns, turns.n + 1);
}

SPIKESIM_INLINE float Tan(float x) {
  const QuarterTurnsFloat turns(x);
  const float above = Either(turns.n, -turns.cosine, turns.sine);
  const float value = above / Either(turns.n, turns.sine, turns.cosine);
  return Abs(x) <= 0x1p30f ? value : kNaNFloat;
}

// In float64, rounded last.
SPIKESIM_INLINE float Log10(float x) {
  return static_cast<float>(Log(static_cast<double>(x)) * 0.4342944819032518);
}
SPIKESIM_INLINE float Arctan(float x) {
  return static_cast<float>(Arctan(static_cast<double>(x)));
}
SPIKESIM_INLINE float Arcsin(float x) {
  return static_cast<float>(Arcsin(static_cast<double>(x)));
}
SPIKESIM_INLINE float Arccos(float x) {
  return static_cast<float>(Arccos(static_cast<double>(x)));
}

// With q = (e^|x| - 1)/4 or e^|x|/4.
SPIKESIM_INLINE float Sinh(float x) {
  const ExpPartsFloat e(AtMost(Abs(x), 89.5f));
  const float power = e.Power(2), q = power * e.p + (power - 0.25f);
  return WithSign((q + q) + 0.5f * (q / (q + 0.25f)), x);
}

SPIKESIM_INLINE float Cosh(float x) {
  const ExpPartsFloat e(AtMost(Abs(x), 89.5f));
  const float power = e.Power(2), q = power * e.p + power;
  return (q + q) + 0.125f / q;
}

// With t = e^2|x| - 1.
SPIKESIM_INLINE float Tanh(float x) {
  const ExpPartsFloat e(AtMost(2.0f * Abs(x), 20.0f));
  const float power = e.Power(0), t = power * e.p + (power - 1.0f);
  return WithSign(t / (t + 2.0f), x);
}

SPIKESIM_INLINE float Power(float x, float y) {
  const double base = x, exponent = AtMost(AtLeast(static_cast<double>(y), -0x1p200), 0x1p200);
  return static_cast<float>(SignedPower(base, y, Exp(exponent * Log(Abs(base)))));
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_SINGLE_H_

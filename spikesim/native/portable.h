// spikesim/portable.py in C++: the same operations in the same order, so the same bits. Contraction
// is off for the whole library.
//
// What differs from there without changing a bit: where one case is selected in the end, arguments
// are not made harmless before; powers of two are added to the bits of the exponent; and where
// neighbouring arguments have results far apart, overflow is told by the argument.
//
// Loops over these functions become vector code, given -fno-trapping-math (else compilers move what
// is selected into branches) and better so with -fno-thread-jumps (else GCC copies the code for
// every constant selected). For that nothing here branches or calls a library, and integers of 64
// bits, which AVX2 cannot convert to double, pass through the low bits of 1.5 2^52 + n.
#ifndef SPIKESIM_NATIVE_PORTABLE_H_
#define SPIKESIM_NATIVE_PORTABLE_H_

#include "plain.h"

namespace spikesim {

constexpr double kSmallestNormal = 0x1p-1022;
constexpr double kLog2E = 1.4426950408889634;
constexpr double kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
constexpr double kInteger = 0x1.8p52;  // kInteger + n has the integer n, |n| < 2^51, as low bits
// The last x before e^x, cosh x and (e^x - 1)/x overflow, and the first of a normal e^x.
constexpr double kExpLast = 709.782712893384, kCoshLast = 710.4758600739439;
constexpr double kExprelLast = 716.3568913878178, kExpFirst = -708.3964185322641;

// --- building blocks -----------------------------------------------------------------------------

// c[0] + x (c[1] + x (c[2] + ...))
template <typename Real, int kTerms>
SPIKESIM_INLINE Real Horner(Real x, const Real (&c)[kTerms]) {
  Real total = c[kTerms - 1];
  for (int k = kTerms - 2; k >= 0; --k) total = total * x + c[k];
  return total;
}

SPIKESIM_INLINE double FromBits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}

SPIKESIM_INLINE uint64_t ToBits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits;
}

SPIKESIM_INLINE double Abs(double x) { return SPIKESIM_BUILTIN(fabs)(x); }

// Of |x| < 2^51, except that -0 may become 0.
SPIKESIM_INLINE double Floor(double x) {
#if defined(__SSE4_1__) || defined(__CUDACC__)
  return SPIKESIM_BUILTIN(floor)(x);
#else
  const double nearest = (x + kInteger) - kInteger;
  return nearest - (nearest > x ? 1.0 : 0.0);
#endif
}

// Of x >= 0; all numbers beyond 2^52 are whole.
SPIKESIM_INLINE bool IsWhole(double x) {
  const double part = x < 0x1p52 ? x : 0x1p52;
  return (part + 0x1p52) - 0x1p52 == part;
}

// Subnormal numbers become zeros.
SPIKESIM_INLINE double Flush(double x) { return x * (Abs(x) < kSmallestNormal ? 0.0 : 1.0); }

// 2^k for an integer k in [-1022, 1023].
SPIKESIM_INLINE double Pow2(double k) { return FromBits(ToBits(k + (kInteger + 1023.0)) << 52); }

// y 2^k for integers k, where y and the result are normal.
SPIKESIM_INLINE double Scale(double y, double k) {
  return FromBits(ToBits(y) + (ToBits(k + kInteger) << 52));
}

// x = significand 2^exponent, for normal positive x.
SPIKESIM_INLINE double Significand(double x) {
  return FromBits((ToBits(x) & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
}

SPIKESIM_INLINE double Exponent(double x) {
  return FromBits((ToBits(x) >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
}

struct Sum {
  double total, error;
};

SPIKESIM_INLINE Sum TwoSum(double a, double b) {
  const double total = a + b;
  const double shadow = total - a;
  return {total, (a - (total - shadow)) + (b - shadow)};
}

SPIKESIM_INLINE Sum TwoProduct(double a, double b) {
  constexpr double kSplitter = 0x1p27 + 1.0;
  const double product = a * b, wide_a = a * kSplitter, wide_b = b * kSplitter;
  const double a_high = wide_a - (wide_a - a), b_high = wide_b - (wide_b - b);
  const double a_low = a - a_high, b_low = b - b_high;
  return {product,
          ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

// e^(x + tail) = 2^k (1 + a + b)
struct ExpParts {
  double k, a, b;

  SPIKESIM_INLINE explicit ExpParts(double x, double tail = 0.0) {
    constexpr double kSeries[] = {
        1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,
        1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600,
        1.0 / 6227020800};
    k = Floor(x * kLog2E + 0.5);
    a = x - k * kLn2High;
    const double low = k * kLn2Low - tail;
    const double r = a - low;
    b = r * r * Horner(r, kSeries) - low;
  }
  SPIKESIM_INLINE double Sum() const { return 1.0 + (a + b); }
};

// ln x = k ln 2 + ln(1 + f)
struct LogParts {
  double f, k;

  SPIKESIM_INLINE explicit LogParts(double x) {
    // A significand above 1.4142135623730951 is halved: the sum carries into the exponent.
    const uint64_t bits = ToBits(x);
    const uint64_t exponent = (bits + 0x00095F619980C432ull) & 0x7FF0000000000000ull;
    f = FromBits(bits - exponent + 0x3FF0000000000000ull) - 1.0;
    k = FromBits((exponent >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
  }
};

SPIKESIM_TABLE double kLogSeries[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};

// k ln 2 + ln(1 + f) + correction
SPIKESIM_INLINE double LogSum(LogParts parts, double correction = 0.0) {
  const double f = parts.f, k = parts.k;
  const double half_square = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double series = z * Horner(z, kLogSeries);
  const double small = s * (half_square + series) + (k * kLn2Low + correction);
  return k * kLn2High - ((half_square - small) - f);
}

// --- exponentials --------------------------------------------------------------------------------

SPIKESIM_INLINE double Exp(double x) {
  const ExpParts parts(x);
  const double value = Scale(parts.Sum(), parts.k);
  const double beyond = x * kInfinity;  // inf or NaN
  const double above = x <= kExpLast ? value : beyond;
  return x < kExpFirst ? 0.0 : above;
}

// e^x - 1 = value for x <= 40, and e^x = 2^k y; for x in [-40, 800].
struct Expm1Parts {
  double value, y, k;

  SPIKESIM_INLINE explicit Expm1Parts(double x) {
    const ExpParts parts(x);
    k = parts.k;
    const double moderate = k < 60.0 ? k : 60.0;
    const Sum sum = TwoSum(1.0 - Pow2(-moderate), parts.a);
    value = (sum.total + (sum.error + parts.b)) * Pow2(moderate);
    y = parts.Sum();
  }
};

SPIKESIM_INLINE double AtLeast(double x, double low) { return x > low ? x : low; }
SPIKESIM_INLINE double AtMost(double x, double high) { return x < high ? x : high; }

SPIKESIM_INLINE double Expm1(double x) {
  const Expm1Parts parts(AtMost(AtLeast(x, -40.0), 800.0));
  const double large = Scale(parts.y, parts.k);
  const double above = x > kExpLast ? kInfinity : large;
  const double value = x > 40.0 ? above : parts.value;
  const double zero = Flush(x);  // or NaN
  return Abs(x) >= kSmallestNormal ? value : zero;
}

SPIKESIM_INLINE double Exprel(double x) {
  const bool is_zero = Abs(x) < kSmallestNormal;
  const double nonzero = is_zero ? 1.0 : x;
  const Expm1Parts parts(AtMost(AtLeast(nonzero, -40.0), 800.0));
  const bool is_large = x > 40.0;
  const double quotient = (is_large ? parts.y : parts.value) / nonzero;
  const double large = Scale(quotient, parts.k);
  const double above = x > kExprelLast ? kInfinity : large;
  const double value = is_large ? above : quotient;
  const double normal = x < -0x1p1022 ? 0.0 : value;
  return is_zero ? 1.0 : normal;
}

// --- logarithms and powers -----------------------------------------------------------------------

SPIKESIM_INLINE double Log(double x) {
  const double value = LogSum(LogParts(x));
  const double special = x > -kSmallestNormal ? -kInfinity : kNaN;
  const double finite = x < kInfinity ? value : x;  // or inf or NaN
  return x < kSmallestNormal ? special : finite;
}

SPIKESIM_INLINE double Log1p(double x) {
  const Sum sum = TwoSum(x, 1.0);
  const double value = LogSum(LogParts(sum.total), sum.error / sum.total);
  const double special = x == -1.0 ? -kInfinity : kNaN;
  const double finite = x < kInfinity ? value : x;
  const double regular = x <= -1.0 ? special : finite;
  const double zero = Flush(x);
  return Abs(x) < kSmallestNormal ? zero : regular;
}

SPIKESIM_INLINE double Log10(double x) {
  const double value = Log(x);
  const bool regular = Abs(value) < kInfinity;
  const double safe = regular ? value : 0.0;
  const Sum product = TwoProduct(safe, 0.4342944819032518);
  const double scaled = product.total + (product.error + safe * 1.098319650216765e-17);
  return regular ? scaled : value;
}

// x^y, given |x|^y.
SPIKESIM_INLINE double SignedPower(double x, double y, double value) {
  const double parity = IsWhole(0.5 * Abs(y)) ? 1.0 : -1.0;
  const double of_fraction = x == -kInfinity ? 1.0 : kNaN;
  const double of_negative = IsWhole(Abs(y)) ? parity : of_fraction;
  const double with_sign = value * (x < 0.0 ? of_negative : 1.0) + 0.0;  // never -0
  const double defined = (x == x) & (y == y) ? with_sign : kNaN;
  return (x == 1.0) | (y == 0.0) ? 1.0 : defined;
}

SPIKESIM_INLINE double Power(double x, double y) {
  x = Flush(x);
  y = Flush(y);
  const double magnitude = Abs(x);
  const LogParts parts(magnitude);
  const double f = parts.f, k = parts.k;
  const Sum divisor = TwoSum(f, 2.0);
  const double s = f / divisor.total;
  const Sum product = TwoProduct(s, divisor.total);
  const double s_error =
      (((f - product.total) - product.error) - s * divisor.error) / divisor.total;
  const double z = s * s;
  const Sum first = TwoSum(k * kLn2High, 2.0 * s);
  const double series = s * (z * Horner(z, kLogSeries));
  const Sum log = TwoSum(first.total, first.error + (2.0 * s_error + series + k * kLn2Low));
  const double exponent = AtMost(AtLeast(y, -0x1p70), 0x1p70);
  const Sum head = TwoProduct(exponent, log.total);
  const double tail = head.error + exponent * log.error;
  const bool within = Abs(head.total) < 800.0;
  const double limited = AtMost(AtLeast(head.total, -800.0), 800.0);
  const ExpParts e(limited, within ? tail : 0.0);
  const double sum = e.Sum();
  const double size = Exponent(sum) + e.k;
  const double scaled = Scale(sum, e.k);
  const double finite = size > 1023.0 ? kInfinity : scaled;
  const double regular = size < -1022.0 ? 0.0 : finite;
  // Infinite and zero bases.
  const double rising = magnitude > 1.0 ? kInfinity : 0.0;
  const double falling = magnitude < 1.0 ? kInfinity : 0.0;
  const double limit = y > 0.0 ? rising : falling;
  const bool is_regular = (magnitude > 0.0) & (magnitude < kInfinity);
  return SignedPower(x, y, is_regular ? regular : limit);
}

// --- trigonometric functions ---------------------------------------------------------------------

// The sine and cosine of x - n pi/2, |x| <= 2^30.
struct QuarterTurns {
  double n, sine, cosine;

  SPIKESIM_INLINE explicit QuarterTurns(double x) {
    constexpr double kSine[] = {-1.0 / 6,        1.0 / 120,        -1.0 / 5040,
                                1.0 / 362880,    -1.0 / 39916800,  1.0 / 6227020800,
                                -1.0 / 1307674368000, 1.0 / 355687428096000};
    constexpr double kCosine[] = {1.0 / 24,        -1.0 / 720,         1.0 / 40320, -1.0 / 3628800,
                                  1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000};
    n = Floor(x * 0.6366197723675814 + 0.5);
    const Sum first = TwoSum(x - n * 1.5707963267341256, -(n * 6.077100506303966e-11));
    const Sum second = TwoSum(first.total, -(n * 2.0222662487111665e-21));
    const Sum r = TwoSum(second.total, first.error + (second.error - n * 8.4784276603689e-32));
    const double z = r.total * r.total;
    const Sum complement = TwoSum(-(0.5 * z), 1.0);
    sine = r.total + (r.total * z * Horner(z, kSine) + r.error * complement.total);
    cosine =
        complement.total + (complement.error + (z * z * Horner(z, kCosine) - r.total * r.error));
  }
};

SPIKESIM_INLINE double Either(uint64_t n, double if_odd, double if_even) {
  const uint64_t odd = 0 - (n & 1);
  return FromBits((ToBits(if_odd) & odd) | (ToBits(if_even) & ~odd));
}

// The sine of x where the two lowest bits of an integer tell its quadrant, NaN for |x| > 2^30.
SPIKESIM_INLINE double Turned(double x, const QuarterTurns& turns, uint64_t quadrant) {
  const double either = Either(quadrant, turns.cosine, turns.sine);
  const double value = FromBits(ToBits(either) ^ ((quadrant & 2) << 62));
  return Abs(x) <= 0x1p30 ? value : kNaN;
}

SPIKESIM_INLINE double Sin(double x) {
  const QuarterTurns turns(x);
  const double value = Turned(x, turns, ToBits(turns.n + kInteger));
  const double zero = Flush(x);
  return Abs(x) < kSmallestNormal ? zero : value;
}

SPIKESIM_INLINE double Cos(double x) {
  const QuarterTurns turns(x);
  return Turned(x, turns, ToBits(turns.n + (kInteger + 1.0)));
}

SPIKESIM_INLINE double Tan(double x) {
  const QuarterTurns turns(x);
  const uint64_t n = ToBits(turns.n + kInteger);
  const double value = Either(n, -turns.cosine, turns.sine) / Either(n, turns.sine, turns.cosine);
  const double zero = Flush(x);
  const double regular = Abs(x) <= 0x1p30 ? value : kNaN;
  return Abs(x) < kSmallestNormal ? zero : regular;
}

constexpr double kHalfPi = 1.5707963267948966, kHalfPiLow = 6.123233995736766e-17;

SPIKESIM_INLINE double Arctan(double x) {
  constexpr double kSeries[] = {-1.0 / 3,  1.0 / 5,   -1.0 / 7,  1.0 / 9,   -1.0 / 11,
                                1.0 / 13,  -1.0 / 15, 1.0 / 17,  -1.0 / 19, 1.0 / 21,
                                -1.0 / 23, 1.0 / 25,  -1.0 / 27, 1.0 / 29,  -1.0 / 31,
                                1.0 / 33,  -1.0 / 35, 1.0 / 37,  -1.0 / 39, 1.0 / 41};
  x = Flush(x);
  const double size = Abs(x);
  const bool is_big = size > 1.0 + 1.4142135623730951, is_middle = size > 1.4142135623730951 - 1.0;
  const double numerator = is_big ? -1.0 : is_middle ? size - 1.0 : size;
  const double t = numerator / (is_big ? size : is_middle ? size + 1.0 : 1.0);
  const double turn = is_big ? 1.0 : is_middle ? 0.5 : 0.0;
  const double z = t * t;
  const double value = turn * kHalfPi + (t + (t * z * Horner(z, kSeries) + turn * kHalfPiLow));
  return x < 0.0 ? -value : x > 0.0 ? value : x;
}

SPIKESIM_INLINE double Arcsin(double x) {
  x = Flush(x);
  const bool inside = Abs(x) <= 1.0;
  const double safe = inside ? x : 0.0;
  const double root = SPIKESIM_BUILTIN(sqrt)((1.0 - safe) * (1.0 + safe));
  const double value = Arctan(safe / (root == 0.0 ? 1.0 : root));
  const double edge = safe < 0.0 ? -kHalfPi : kHalfPi;
  const double regular = root == 0.0 ? edge : value;
  return inside ? regular : kNaN;
}

SPIKESIM_INLINE double Arccos(double x) {
  x = Flush(x);
  const bool inside = Abs(x) <= 1.0;
  const double safe = inside ? x : 0.0;
  const double below = 1.0 + safe;
  const double ratio = (1.0 - safe) / (below == 0.0 ? 1.0 : below);
  const double value = 2.0 * Arctan(SPIKESIM_BUILTIN(sqrt)(ratio));
  const double regular = below == 0.0 ? 2.0 * kHalfPi : value;
  return inside ? regular : kNaN;
}

// --- hyperbolic functions ------------------------------------------------------------------------

SPIKESIM_INLINE double Sinh(double x) {
  const double size = AtMost(Abs(x), 800.0);
  const Expm1Parts parts(size);
  const double t = parts.value;
  const double moderate = 0.5 * (t + t / (t + 1.0));
  const double large = Scale(parts.y, parts.k - 1.0);
  const double above = size > kCoshLast ? kInfinity : large;
  const double value = (size > 40.0 ? above : moderate) * (x < 0.0 ? -1.0 : 1.0);
  const double zero = Flush(x);  // or NaN
  return Abs(x) >= kSmallestNormal ? value : zero;
}

SPIKESIM_INLINE double Cosh(double x) {
  const double size = AtMost(Abs(x), 800.0);
  const ExpParts parts(size);
  const double large = Scale(parts.Sum(), parts.k - 1.0);
  const double half = size > kCoshLast ? kInfinity : large;
  const double value = half + 0.25 / half;
  return x == x ? value : x;
}

SPIKESIM_INLINE double Tanh(double x) {
  const double size = AtMost(Abs(x), 20.0);
  const double t = Expm1Parts(2.0 * size).value;
  const double quotient = (size < 1.0 ? t : 2.0) / (t + 2.0);
  const double above = 1.0 - quotient;
  const double value = (size < 1.0 ? quotient : above) * (x < 0.0 ? -1.0 : 1.0);
  const double zero = Flush(x);  // or NaN
  return Abs(x) >= kSmallestNormal ? value : zero;
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_PORTABLE_H_

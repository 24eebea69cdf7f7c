// The operations of the IR on one element; spikesim/backends/evaluate.py says what they mean. An
// operation "add" is AddOp::Of.
#ifndef SPIKESIM_NATIVE_ELEMENTS_H_
#define SPIKESIM_NATIVE_ELEMENTS_H_

#include "portable.h"
#include "single.h"

#if !defined(__CUDACC__)
#include <cmath>
#endif

namespace spikesim {

#if !defined(__CUDACC__)
using std::ceil, std::copysign, std::floor, std::fmod, std::sqrt;
#endif

using Bool = uint8_t;

// Integers wrap.
SPIKESIM_INLINE uint32_t Wrapping(int32_t x) { return static_cast<uint32_t>(x); }
template <typename T>
SPIKESIM_INLINE T Wrapping(T x) {
  return x;
}

#define SPIKESIM_UNARY(NAME, VALUE)        \
  struct NAME {                            \
    template <typename T>                  \
    static SPIKESIM_INLINE auto Of(T x) {  \
      return VALUE;                        \
    }                                      \
  };
#define SPIKESIM_BINARY(NAME, VALUE)            \
  struct NAME {                                 \
    template <typename T>                       \
    static SPIKESIM_INLINE auto Of(T x, T y) {  \
      return VALUE;                             \
    }                                           \
  };

SPIKESIM_BINARY(AddOp, static_cast<T>(Wrapping(x) + Wrapping(y)))
SPIKESIM_BINARY(SubOp, static_cast<T>(Wrapping(x) - Wrapping(y)))
SPIKESIM_BINARY(MulOp, static_cast<T>(Wrapping(x) * Wrapping(y)))
SPIKESIM_BINARY(DivOp, x / y)
SPIKESIM_BINARY(LtOp, x < y)
SPIKESIM_BINARY(LeOp, x <= y)
SPIKESIM_BINARY(GtOp, x > y)
SPIKESIM_BINARY(GeOp, x >= y)
SPIKESIM_BINARY(EqOp, x == y)
SPIKESIM_BINARY(NeOp, x != y)
SPIKESIM_BINARY(AndOp, x & y)
SPIKESIM_BINARY(OrOp, x | y)
// NaN wins, as in NumPy.
SPIKESIM_BINARY(MinOp, (x < y) | (x != x) ? x : y)
SPIKESIM_BINARY(MaxOp, (x > y) | (x != x) ? x : y)
SPIKESIM_UNARY(NotOp, x ^ 1)
SPIKESIM_UNARY(NegOp, static_cast<T>(-Wrapping(x)))
SPIKESIM_UNARY(AbsOp, x < 0 ? static_cast<T>(-Wrapping(x)) : x == 0 ? T(0) : x)
SPIKESIM_UNARY(SignOp, x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x)
SPIKESIM_UNARY(FloorOp, floor(x))
SPIKESIM_UNARY(CeilOp, ceil(x))
SPIKESIM_UNARY(SqrtOp, sqrt(x))
SPIKESIM_UNARY(SameOp, x)
SPIKESIM_UNARY(ExpOp, Exp(x))
SPIKESIM_UNARY(Expm1Op, Expm1(x))
SPIKESIM_UNARY(ExprelOp, Exprel(x))
SPIKESIM_UNARY(LogOp, Log(x))
SPIKESIM_UNARY(Log1pOp, Log1p(x))
SPIKESIM_UNARY(SinOp, Sin(x))
SPIKESIM_UNARY(CosOp, Cos(x))
SPIKESIM_UNARY(TanOp, Tan(x))
SPIKESIM_UNARY(Log10Op, Log10(x))
SPIKESIM_UNARY(ArcsinOp, Arcsin(x))
SPIKESIM_UNARY(ArccosOp, Arccos(x))
SPIKESIM_UNARY(ArctanOp, Arctan(x))
SPIKESIM_UNARY(SinhOp, Sinh(x))
SPIKESIM_UNARY(CoshOp, Cosh(x))
SPIKESIM_UNARY(TanhOp, Tanh(x))
SPIKESIM_BINARY(PowOp, Power(x, y))

// The remainder has the sign of the divisor, as in Python.
struct ModOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y) {
    const T r = fmod(x, y);
    return r == 0 ? copysign(T(0), y) : (r < 0) != (y < 0) ? r + y : r;
  }
  static SPIKESIM_INLINE int32_t Of(int32_t x, int32_t y) {
    if (y == 0 || y == -1) return 0;
    const int32_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
  }
};

struct FloordivOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y) {
    if (y == 0) return x / y;
    const T r = fmod(x, y);
    T quotient = (x - r) / y;
    if (r != 0 && (r < 0) != (y < 0)) quotient -= T(1);
    if (quotient == 0) return copysign(T(0), x / y);
    const T whole = floor(quotient);
    return quotient - whole > T(0.5) ? whole + T(1) : whole;
  }
  static SPIKESIM_INLINE int32_t Of(int32_t x, int32_t y) {
    if (y == 0) return 0;
    if (y == -1) return static_cast<int32_t>(0u - Wrapping(x));
    return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
  }
};

// Towards zero; what is too large becomes the largest, NaN 0.
struct IntOp {
  static SPIKESIM_INLINE int32_t Of(double x) {
    x = x == x ? x : 0.0;
    x = x < -2147483648.0 ? -2147483648.0 : x;
    x = x > 2147483647.0 ? 2147483647.0 : x;
    return static_cast<int32_t>(x);
  }
};

// Products are rounded before they are added: contraction is off.
struct MuladdOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return x * y + z;
  }
};
struct MulsubOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return x * y - z;
  }
};
struct SubmulOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return z - x * y;
  }
};
struct WhereOp {
  template <typename T>
  static SPIKESIM_INLINE T Of(Bool condition, T yes, T no) {
    return condition ? yes : no;
  }
};

#undef SPIKESIM_UNARY
#undef SPIKESIM_BINARY

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_ELEMENTS_H_

// The loops behind operations.h. Compiled once for each instruction set, with SPIKESIM_FIND as the
// name of the one function that leaves this file: whatever else it calls is inlined, so that no
// code for a newer processor reaches an older one.

#include "operations.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "portable.h"
#include "single.h"

namespace spikesim {
namespace {

using Bool = uint8_t;

// --- what is done to one element -----------------------------------------------------------------

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

SPIKESIM_BINARY(Add, static_cast<T>(Wrapping(x) + Wrapping(y)))
SPIKESIM_BINARY(Sub, static_cast<T>(Wrapping(x) - Wrapping(y)))
SPIKESIM_BINARY(Mul, static_cast<T>(Wrapping(x) * Wrapping(y)))
SPIKESIM_BINARY(Div, x / y)
SPIKESIM_BINARY(Less, x < y)
SPIKESIM_BINARY(LessEqual, x <= y)
SPIKESIM_BINARY(Greater, x > y)
SPIKESIM_BINARY(GreaterEqual, x >= y)
SPIKESIM_BINARY(Equal, x == y)
SPIKESIM_BINARY(NotEqual, x != y)
SPIKESIM_BINARY(And, x & y)
SPIKESIM_BINARY(Or, x | y)
// NaN wins, as in NumPy.
SPIKESIM_BINARY(Min, (x < y) | (x != x) ? x : y)
SPIKESIM_BINARY(Max, (x > y) | (x != x) ? x : y)
SPIKESIM_UNARY(Not, x ^ 1)
SPIKESIM_UNARY(Neg, static_cast<T>(-Wrapping(x)))
SPIKESIM_UNARY(Abs, x < 0 ? static_cast<T>(-Wrapping(x)) : x == 0 ? T(0) : x)
SPIKESIM_UNARY(Sign, x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x)
SPIKESIM_UNARY(Floor, std::floor(x))
SPIKESIM_UNARY(Ceil, std::ceil(x))
SPIKESIM_UNARY(Sqrt, std::sqrt(x))
SPIKESIM_UNARY(Same, x)
SPIKESIM_UNARY(ExpOf, Exp(x))
SPIKESIM_UNARY(Expm1Of, Expm1(x))
SPIKESIM_UNARY(ExprelOf, Exprel(x))
SPIKESIM_UNARY(LogOf, Log(x))
SPIKESIM_UNARY(Log1pOf, Log1p(x))
SPIKESIM_UNARY(SinOf, Sin(x))
SPIKESIM_UNARY(CosOf, Cos(x))
SPIKESIM_UNARY(TanOf, Tan(x))
SPIKESIM_UNARY(Log10Of, Log10(x))
SPIKESIM_UNARY(ArcsinOf, Arcsin(x))
SPIKESIM_UNARY(ArccosOf, Arccos(x))
SPIKESIM_UNARY(ArctanOf, Arctan(x))
SPIKESIM_UNARY(SinhOf, Sinh(x))
SPIKESIM_UNARY(CoshOf, Cosh(x))
SPIKESIM_UNARY(TanhOf, Tanh(x))
SPIKESIM_BINARY(PowerOf, Power(x, y))

// The remainder has the sign of the divisor, as in Python.
struct Mod {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y) {
    const T r = std::fmod(x, y);
    return r == 0 ? std::copysign(T(0), y) : (r < 0) != (y < 0) ? r + y : r;
  }
  static SPIKESIM_INLINE int32_t Of(int32_t x, int32_t y) {
    if (y == 0 || y == -1) return 0;
    const int32_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
  }
};

struct FloorDiv {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y) {
    if (y == 0) return x / y;
    const T r = std::fmod(x, y);
    T quotient = (x - r) / y;
    if (r != 0 && (r < 0) != (y < 0)) quotient -= T(1);
    if (quotient == 0) return std::copysign(T(0), x / y);
    const T whole = std::floor(quotient);
    return quotient - whole > T(0.5) ? whole + T(1) : whole;
  }
  static SPIKESIM_INLINE int32_t Of(int32_t x, int32_t y) {
    if (y == 0) return 0;
    if (y == -1) return static_cast<int32_t>(0u - Wrapping(x));
    return x / y - (x % y != 0 && (x % y < 0) != (y < 0));
  }
};

// Towards zero; what is too large becomes the largest, NaN 0.
struct Truncate {
  static SPIKESIM_INLINE int32_t Of(double x) {
    x = x == x ? x : 0.0;
    x = x < -2147483648.0 ? -2147483648.0 : x;
    x = x > 2147483647.0 ? 2147483647.0 : x;
    return static_cast<int32_t>(x);
  }
};

// Products are rounded before they are added: contraction is off.
struct MulAdd {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return x * y + z;
  }
};
struct MulSub {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return x * y - z;
  }
};
struct SubMul {
  template <typename T>
  static SPIKESIM_INLINE T Of(T x, T y, T z) {
    return z - x * y;
  }
};
struct Where {
  template <typename T>
  static SPIKESIM_INLINE T Of(Bool condition, T yes, T no) {
    return condition ? yes : no;
  }
};

// --- loops ---------------------------------------------------------------------------------------

template <bool kSingle, typename T>
SPIKESIM_INLINE T At(const T* x, T first, int64_t i) {
  return kSingle ? first : x[i];
}

template <typename F, typename Out, typename A, int kSingle>
void Unary(void* out, const void* a, const void*, const void*, int64_t n) {
  const A* x = static_cast<const A*>(a);
  Out* o = static_cast<Out*>(out);
  const A x0 = *x;
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) o[i] = static_cast<Out>(F::Of(At<kSingle & 1>(x, x0, i)));
}

template <typename F, typename Out, typename A, int kSingle>
void Binary(void* out, const void* a, const void* b, const void*, int64_t n) {
  const A* x = static_cast<const A*>(a);
  const A* y = static_cast<const A*>(b);
  Out* o = static_cast<Out*>(out);
  const A x0 = *x, y0 = *y;
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i)
    o[i] = static_cast<Out>(F::Of(At<kSingle & 1>(x, x0, i), At<(kSingle & 2) != 0>(y, y0, i)));
}

template <typename F, typename Out, typename A, typename B, int kSingle>
void Ternary(void* out, const void* a, const void* b, const void* c, int64_t n) {
  const A* x = static_cast<const A*>(a);
  const B* y = static_cast<const B*>(b);
  const B* z = static_cast<const B*>(c);
  Out* o = static_cast<Out*>(out);
  const A x0 = *x;
  const B y0 = *y, z0 = *z;
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i)
    o[i] = F::Of(At<kSingle & 1>(x, x0, i), At<(kSingle & 2) != 0>(y, y0, i),
                 At<(kSingle & 4) != 0>(z, z0, i));
}

// table[index], with the index kept inside 0 ... *size - 1.
template <typename T, int kSingle>
void Take(void* out, const void* table, const void* index, const void* size, int64_t n) {
  const int32_t* k = static_cast<const int32_t*>(index);
  const int32_t last = *static_cast<const int32_t*>(size) - 1;
  for (int64_t i = 0; i < n; ++i) {
    const int32_t j = k[(kSingle & 2) ? 0 : i];
    static_cast<T*>(out)[i] = static_cast<const T*>(table)[j < 0 ? 0 : j > last ? last : j];
  }
}

// --- their names ---------------------------------------------------------------------------------

struct Named {
  const char* name;
  Loop by_single[8];
};

#define SPIKESIM_UNARY_ROW(NAME, F, OUT, A) \
  {NAME, {Unary<F, OUT, A, 0>, Unary<F, OUT, A, 1>}}
#define SPIKESIM_BINARY_ROW(NAME, F, OUT, A) \
  {NAME, {Binary<F, OUT, A, 0>, Binary<F, OUT, A, 1>, Binary<F, OUT, A, 2>}}
#define SPIKESIM_TERNARY_ROW(NAME, F, OUT, A, B)                                               \
  {NAME, {Ternary<F, OUT, A, B, 0>, Ternary<F, OUT, A, B, 1>, Ternary<F, OUT, A, B, 2>,        \
          Ternary<F, OUT, A, B, 3>, Ternary<F, OUT, A, B, 4>, Ternary<F, OUT, A, B, 5>,        \
          Ternary<F, OUT, A, B, 6>}}
// Conditions are never one for all: that is decided before.
#define SPIKESIM_WHERE_ROW(NAME, T)                                                            \
  {NAME, {Ternary<Where, T, Bool, T, 0>, nullptr, Ternary<Where, T, Bool, T, 2>, nullptr,      \
          Ternary<Where, T, Bool, T, 4>, nullptr, Ternary<Where, T, Bool, T, 6>}}
#define SPIKESIM_TAKE_ROW(NAME, T) {NAME, {Take<T, 0>, nullptr, nullptr, nullptr, Take<T, 0>}}

#define SPIKESIM_FLOAT_UNARY(NAME, F)            \
  SPIKESIM_UNARY_ROW(NAME ".f", F, float, float), SPIKESIM_UNARY_ROW(NAME ".d", F, double, double)
#define SPIKESIM_FLOAT_BINARY(NAME, F)             \
  SPIKESIM_BINARY_ROW(NAME ".f", F, float, float), \
      SPIKESIM_BINARY_ROW(NAME ".d", F, double, double)
#define SPIKESIM_NUMBER_UNARY(NAME, F) \
  SPIKESIM_FLOAT_UNARY(NAME, F), SPIKESIM_UNARY_ROW(NAME ".i", F, int32_t, int32_t)
#define SPIKESIM_NUMBER_BINARY(NAME, F) \
  SPIKESIM_FLOAT_BINARY(NAME, F), SPIKESIM_BINARY_ROW(NAME ".i", F, int32_t, int32_t)
#define SPIKESIM_COMPARISON(NAME, F)                                                          \
  SPIKESIM_BINARY_ROW(NAME ".f", F, Bool, float), SPIKESIM_BINARY_ROW(NAME ".d", F, Bool, double), \
      SPIKESIM_BINARY_ROW(NAME ".i", F, Bool, int32_t),                                       \
      SPIKESIM_BINARY_ROW(NAME ".b", F, Bool, Bool)
#define SPIKESIM_FUSED(NAME, F)                           \
  SPIKESIM_TERNARY_ROW(NAME ".f", F, float, float, float), \
      SPIKESIM_TERNARY_ROW(NAME ".d", F, double, double, double)

const Named kOperations[] = {
    SPIKESIM_NUMBER_BINARY("add", Add),
    SPIKESIM_NUMBER_BINARY("sub", Sub),
    SPIKESIM_NUMBER_BINARY("mul", Mul),
    SPIKESIM_FLOAT_BINARY("div", Div),
    SPIKESIM_NUMBER_BINARY("mod", Mod),
    SPIKESIM_NUMBER_BINARY("floordiv", FloorDiv),
    SPIKESIM_NUMBER_BINARY("min", Min),
    SPIKESIM_NUMBER_BINARY("max", Max),
    SPIKESIM_FLOAT_BINARY("pow", PowerOf),
    SPIKESIM_COMPARISON("lt", Less),
    SPIKESIM_COMPARISON("le", LessEqual),
    SPIKESIM_COMPARISON("gt", Greater),
    SPIKESIM_COMPARISON("ge", GreaterEqual),
    SPIKESIM_COMPARISON("eq", Equal),
    SPIKESIM_COMPARISON("ne", NotEqual),
    SPIKESIM_BINARY_ROW("and.b", And, Bool, Bool),
    SPIKESIM_BINARY_ROW("or.b", Or, Bool, Bool),
    SPIKESIM_UNARY_ROW("not.b", Not, Bool, Bool),
    SPIKESIM_NUMBER_UNARY("neg", Neg),
    SPIKESIM_NUMBER_UNARY("abs", Abs),
    SPIKESIM_NUMBER_UNARY("sign", Sign),
    SPIKESIM_FLOAT_UNARY("floor", Floor),
    SPIKESIM_FLOAT_UNARY("ceil", Ceil),
    SPIKESIM_FLOAT_UNARY("sqrt", Sqrt),
    SPIKESIM_FLOAT_UNARY("exp", ExpOf),
    SPIKESIM_FLOAT_UNARY("expm1", Expm1Of),
    SPIKESIM_FLOAT_UNARY("exprel", ExprelOf),
    SPIKESIM_FLOAT_UNARY("log", LogOf),
    SPIKESIM_FLOAT_UNARY("log1p", Log1pOf),
    SPIKESIM_FLOAT_UNARY("sin", SinOf),
    SPIKESIM_FLOAT_UNARY("cos", CosOf),
    SPIKESIM_FLOAT_UNARY("tan", TanOf),
    SPIKESIM_FLOAT_UNARY("log10", Log10Of),
    SPIKESIM_FLOAT_UNARY("arcsin", ArcsinOf),
    SPIKESIM_FLOAT_UNARY("arccos", ArccosOf),
    SPIKESIM_FLOAT_UNARY("arctan", ArctanOf),
    SPIKESIM_FLOAT_UNARY("sinh", SinhOf),
    SPIKESIM_FLOAT_UNARY("cosh", CoshOf),
    SPIKESIM_FLOAT_UNARY("tanh", TanhOf),
    SPIKESIM_FUSED("muladd", MulAdd),
    SPIKESIM_FUSED("mulsub", MulSub),
    SPIKESIM_FUSED("submul", SubMul),
    SPIKESIM_WHERE_ROW("where.f", float),
    SPIKESIM_WHERE_ROW("where.d", double),
    SPIKESIM_WHERE_ROW("where.i", int32_t),
    SPIKESIM_WHERE_ROW("where.b", Bool),
    SPIKESIM_TAKE_ROW("take.f", float),
    SPIKESIM_TAKE_ROW("take.d", double),
    SPIKESIM_TAKE_ROW("take.i", int32_t),
    SPIKESIM_TAKE_ROW("take.b", Bool),
    SPIKESIM_UNARY_ROW("int.d", Truncate, int32_t, double),
    SPIKESIM_UNARY_ROW("to_f.f", Same, float, float),
    SPIKESIM_UNARY_ROW("to_d.d", Same, double, double),
    SPIKESIM_UNARY_ROW("to_i.i", Same, int32_t, int32_t),
    SPIKESIM_UNARY_ROW("to_b.b", Same, Bool, Bool),
    SPIKESIM_UNARY_ROW("to_d.f", Same, double, float),
    SPIKESIM_UNARY_ROW("to_f.d", Same, float, double),
    SPIKESIM_UNARY_ROW("to_d.i", Same, double, int32_t),
    SPIKESIM_UNARY_ROW("to_f.i", Same, float, int32_t),
    SPIKESIM_UNARY_ROW("to_d.b", Same, double, Bool),
    SPIKESIM_UNARY_ROW("to_f.b", Same, float, Bool),
    SPIKESIM_UNARY_ROW("to_i.b", Same, int32_t, Bool),
};

}  // namespace

Loop SPIKESIM_FIND(const char* name, int single) {
  for (const Named& one : kOperations)
    if (!std::strcmp(one.name, name)) return one.by_single[single & 7];
  return nullptr;
}

}  // namespace spikesim

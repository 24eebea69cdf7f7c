// The loops behind operations.h. Compiled once for each instruction set, with SPIKESIM_FIND as the
// name of the one function that leaves this file: whatever else it calls is inlined, so that no
// code for a newer processor reaches an older one.

#include "operations.h"

#include <cstring>

#include "elements.h"

namespace spikesim {
namespace {

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
  {NAME, {Ternary<WhereOp, T, Bool, T, 0>, nullptr, Ternary<WhereOp, T, Bool, T, 2>, nullptr,      \
          Ternary<WhereOp, T, Bool, T, 4>, nullptr, Ternary<WhereOp, T, Bool, T, 6>}}
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
    SPIKESIM_NUMBER_BINARY("add", AddOp),
    SPIKESIM_NUMBER_BINARY("sub", SubOp),
    SPIKESIM_NUMBER_BINARY("mul", MulOp),
    SPIKESIM_FLOAT_BINARY("div", DivOp),
    SPIKESIM_NUMBER_BINARY("mod", ModOp),
    SPIKESIM_NUMBER_BINARY("floordiv", FloordivOp),
    SPIKESIM_NUMBER_BINARY("min", MinOp),
    SPIKESIM_NUMBER_BINARY("max", MaxOp),
    SPIKESIM_FLOAT_BINARY("pow", PowOp),
    SPIKESIM_COMPARISON("lt", LtOp),
    SPIKESIM_COMPARISON("le", LeOp),
    SPIKESIM_COMPARISON("gt", GtOp),
    SPIKESIM_COMPARISON("ge", GeOp),
    SPIKESIM_COMPARISON("eq", EqOp),
    SPIKESIM_COMPARISON("ne", NeOp),
    SPIKESIM_BINARY_ROW("and.b", AndOp, Bool, Bool),
    SPIKESIM_BINARY_ROW("or.b", OrOp, Bool, Bool),
    SPIKESIM_UNARY_ROW("not.b", NotOp, Bool, Bool),
    SPIKESIM_NUMBER_UNARY("neg", NegOp),
    SPIKESIM_NUMBER_UNARY("abs", AbsOp),
    SPIKESIM_NUMBER_UNARY("sign", SignOp),
    SPIKESIM_FLOAT_UNARY("floor", FloorOp),
    SPIKESIM_FLOAT_UNARY("ceil", CeilOp),
    SPIKESIM_FLOAT_UNARY("sqrt", SqrtOp),
    SPIKESIM_FLOAT_UNARY("exp", ExpOp),
    SPIKESIM_FLOAT_UNARY("expm1", Expm1Op),
    SPIKESIM_FLOAT_UNARY("exprel", ExprelOp),
    SPIKESIM_FLOAT_UNARY("log", LogOp),
    SPIKESIM_FLOAT_UNARY("log1p", Log1pOp),
    SPIKESIM_FLOAT_UNARY("sin", SinOp),
    SPIKESIM_FLOAT_UNARY("cos", CosOp),
    SPIKESIM_FLOAT_UNARY("tan", TanOp),
    SPIKESIM_FLOAT_UNARY("log10", Log10Op),
    SPIKESIM_FLOAT_UNARY("arcsin", ArcsinOp),
    SPIKESIM_FLOAT_UNARY("arccos", ArccosOp),
    SPIKESIM_FLOAT_UNARY("arctan", ArctanOp),
    SPIKESIM_FLOAT_UNARY("sinh", SinhOp),
    SPIKESIM_FLOAT_UNARY("cosh", CoshOp),
    SPIKESIM_FLOAT_UNARY("tanh", TanhOp),
    SPIKESIM_FUSED("muladd", MuladdOp),
    SPIKESIM_FUSED("mulsub", MulsubOp),
    SPIKESIM_FUSED("submul", SubmulOp),
    SPIKESIM_WHERE_ROW("where.f", float),
    SPIKESIM_WHERE_ROW("where.d", double),
    SPIKESIM_WHERE_ROW("where.i", int32_t),
    SPIKESIM_WHERE_ROW("where.b", Bool),
    SPIKESIM_TAKE_ROW("take.f", float),
    SPIKESIM_TAKE_ROW("take.d", double),
    SPIKESIM_TAKE_ROW("take.i", int32_t),
    SPIKESIM_TAKE_ROW("take.b", Bool),
    SPIKESIM_UNARY_ROW("int.d", IntOp, int32_t, double),
    SPIKESIM_UNARY_ROW("to_f.f", SameOp, float, float),
    SPIKESIM_UNARY_ROW("to_d.d", SameOp, double, double),
    SPIKESIM_UNARY_ROW("to_i.i", SameOp, int32_t, int32_t),
    SPIKESIM_UNARY_ROW("to_b.b", SameOp, Bool, Bool),
    SPIKESIM_UNARY_ROW("to_d.f", SameOp, double, float),
    SPIKESIM_UNARY_ROW("to_f.d", SameOp, float, double),
    SPIKESIM_UNARY_ROW("to_d.i", SameOp, double, int32_t),
    SPIKESIM_UNARY_ROW("to_f.i", SameOp, float, int32_t),
    SPIKESIM_UNARY_ROW("to_d.b", SameOp, double, Bool),
    SPIKESIM_UNARY_ROW("to_f.b", SameOp, float, Bool),
    SPIKESIM_UNARY_ROW("to_i.b", SameOp, int32_t, Bool),
};

}  // namespace

Loop SPIKESIM_FIND(const char* name, int single) {
  for (const Named& one : kOperations)
    if (!std::strcmp(one.name, name)) return one.by_single[single & 7];
  return nullptr;
}

}  // namespace spikesim

// Values of distributions, each one inverse cumulative distribution of one uniform number.

#include "laws.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "export.h"
#include "numbers.h"
#include "random.h"

namespace spikesim {
namespace {

// Right for |p - 1/2| <= 0.425; notes which are outside.
SPIKESIM_VECTOR void Centre(const double* __restrict p, int n, double* __restrict z,
                            int32_t* __restrict outside) {
  for (int i = 0; i < n; ++i) {
    const double c = p[i] - 0.5;
    z[i] = QuantileCentre(c);
    outside[i] = std::fabs(c) > 0.425;
  }
}

// The distance from the centre that the formulas outside take. A loop of its own: see Threefry.
SPIKESIM_VECTOR void Radius(const double* __restrict p, int n, double* __restrict r) {
  for (int i = 0; i < n; ++i) {
    r[i] = QuantileRadius(p[i]);
  }
}

// For r <= 5; for the few beyond the caller takes another formula.
SPIKESIM_VECTOR void Outside(const double* __restrict p, const double* __restrict r, int n,
                             double* __restrict z) {
  for (int i = 0; i < n; ++i) {
    const double value = QuantileMiddle(r[i]);
    z[i] = p[i] - 0.5 < 0.0 ? -value : value;
  }
}

SPIKESIM_VECTOR void Between(double* p, int n, double below, double upto) {
  for (int i = 0; i < n; ++i) p[i] = Inside(p[i], below, upto);
}

SPIKESIM_VECTOR void Clip(double* x, int n, double low, double high) {
  for (int i = 0; i < n; ++i) x[i] = Clipped(x[i], low, high);
}

SPIKESIM_VECTOR void Linear(const double* x, int n, double start, double slope, double* out) {
  for (int i = 0; i < n; ++i) out[i] = start + slope * x[i];
}

SPIKESIM_VECTOR void Lognormal(double* x, int n, double median, double sigma) {
  for (int i = 0; i < n; ++i) x[i] = median * Exp(sigma * x[i]);
}

}  // namespace

SPIKESIM_VECTOR void OpenUniforms(const uint32_t* word0, const uint32_t* word1, int n, double* u) {
  for (int i = 0; i < n; ++i) {
    u[i] = OpenUniform(word0[i], word1[i]);
  }
}

void NormalQuantiles(const double* p, int n, double* z) {
  int32_t outside[kBlock], at[kBlock], count = 0;
  Centre(p, n, z, outside);
  for (int i = 0; i < n; ++i) {
    at[count] = i;
    count += outside[i];
  }
  // Whole vectors: what is left over would be taken one by one.
  double q[kBlock + 8], value[kBlock + 8], r[kBlock + 8];
  for (int k = 0; k < count; ++k) q[k] = p[at[k]];
  for (int k = count; k < count + 8; ++k) q[k] = 0.01;
  const int whole = (count + 7) / 8 * 8;
  Radius(q, whole, r);
  Outside(q, r, whole, value);
  for (int k = 0; k < count; ++k) {
    if (r[k] > 5.0) {
      const double far = QuantileTail(r[k]);
      value[k] = q[k] - 0.5 < 0.0 ? -far : far;
    }
    z[at[k]] = value[k];
  }
}

void Draw(const Law& law, uint32_t seed, const uint32_t* row, const uint32_t* position,
          const int64_t* index, int n, double* out) {
  if (law.kind == Law::kConstant) {
    std::fill(out, out + n, law.a);
    return;
  }
  if (law.kind == Law::kGiven) {
    for (int i = 0; i < n; ++i) out[i] = law.given[index[i]];
    return;
  }
  uint32_t x[kBlock], y[kBlock];
  std::copy(row, row + n, x);
  std::copy(position, position + n, y);
  Threefry(seed, law.stream, n, x, y);
  double p[kBlock];
  OpenUniforms(x, y, n, p);
  if (law.kind == Law::kUniform) return Linear(p, n, law.a, law.b - law.a, out);
  const bool bounded = law.below != 0.0 || law.upto != 1.0;
  if (bounded) Between(p, n, law.below, law.upto);
  NormalQuantiles(p, n, out);
  if (law.kind == Law::kNormal) {
    Linear(out, n, law.a, law.b, out);
  } else {
    Lognormal(out, n, law.a, law.b);
  }
  if (bounded) Clip(out, n, law.low, law.high);
}

}  // namespace spikesim

// Standard normal numbers of probabilities, for tests.
SPIKESIM_EXPORT void spikesim_normal_quantiles(const double* p, int64_t n, double* z) {
  for (int64_t i = 0; i < n; i += spikesim::kBlock)
    spikesim::NormalQuantiles(
        p + i, static_cast<int>(std::min<int64_t>(spikesim::kBlock, n - i)), z + i);
}

// Block by block: words, then what is made of them.

#include "draws.h"

#include <algorithm>
#include <cmath>

#include "laws.h"
#include "random.h"

namespace spikesim {
namespace {

constexpr uint32_t kTop = 1u << 27;  // the top 27 bits of a uniform number come from one word

SPIKESIM_VECTOR void Counters(uint32_t step, uint32_t first, int n, uint32_t* __restrict x,
                              uint32_t* __restrict y) {
  for (int i = 0; i < n; ++i) {
    x[i] = step;
    y[i] = first + static_cast<uint32_t>(i);
  }
}

// take(i, m, x, y) with the words of the elements i ... i + m - 1, block by block.
template <typename Take>
void ForWords(uint32_t seed, uint32_t stream, uint32_t step, uint32_t first, int64_t n,
              const Take& take) {
  uint32_t x[kBlock], y[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int m = static_cast<int>(std::min<int64_t>(kBlock, n - i));
    Counters(step, first + static_cast<uint32_t>(i), m, x, y);
    Threefry(seed, stream, m, x, y);
    take(i, m, x, y);
  }
}

SPIKESIM_VECTOR void Uniforms(const uint32_t* __restrict x, const uint32_t* __restrict y, int n,
                              double* __restrict u) {
  for (int i = 0; i < n; ++i) u[i] = Uniform(x[i], y[i]);
}

SPIKESIM_VECTOR void Tops(const uint32_t* __restrict x, int n, uint32_t* __restrict top) {
  for (int i = 0; i < n; ++i) top[i] = x[i] >> 5;
}

// Adds 1 where top > bound, and says whether any is equal.
SPIKESIM_VECTOR uint32_t CountAbove(const uint32_t* top, int n, uint32_t bound, int32_t* count) {
  uint32_t equal = 0;
  for (int i = 0; i < n; ++i) {
    count[i] += top[i] > bound;
    equal |= top[i] == bound;
  }
  return equal;
}

SPIKESIM_VECTOR uint32_t Largest(const uint32_t* x, int n) {
  uint32_t largest = 0;
  for (int i = 0; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

// floor(mean + 12 sqrt(mean) + 32), as spikesim.random.poisson_limit
int32_t Limit(double mean) {
  return static_cast<int32_t>(std::floor(mean + 12.0 * std::sqrt(mean) + 32.0));
}

// Inversion as spikesim.random.poisson defines it: the count is the number of partial sums that u
// reaches, up to the limit.
int32_t Poisson(double u, double mean, double zero) {
  const int32_t limit = Limit(mean);
  double p = zero, s = zero;
  int32_t k = 0;
  while (u >= s && k < limit) {
    ++k;
    p = (p * mean) / k;
    s = s + p;
  }
  return k;
}

}  // namespace

PoissonSums::PoissonSums(double mean, double zero)
    : mean(mean), zero(zero), n(std::min<int32_t>(Limit(mean), kLongest)) {
  double p = zero, s = zero;
  for (int32_t k = 0; k < n; ++k) {
    top[k] = s < 1.0 ? static_cast<uint32_t>(s * kTop) : kTop;
    p = (p * mean) / (k + 1);
    s = s + p;
    if (top[k] >= kTop) n = k + 1;  // no u gets further
  }
}

void StepUniforms(uint32_t seed, uint32_t stream, uint32_t step, uint32_t first, int64_t n,
                  double* out) {
  ForWords(seed, stream, step, first, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    Uniforms(x, y, m, out + i);
  });
}

void StepNormals(uint32_t seed, uint32_t stream, uint32_t step, uint32_t first, int64_t n,
                 double* out) {
  double p[kBlock];
  ForWords(seed, stream, step, first, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    OpenUniforms(x, y, m, p);
    NormalQuantiles(p, m, out + i);
  });
}

void StepPoissons(const PoissonSums& sums, uint32_t seed, uint32_t stream, uint32_t step,
                  uint32_t first, int64_t n, int32_t* out) {
  uint32_t top[kBlock];
  ForWords(seed, stream, step, first, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    Tops(x, m, top);
    std::fill(out + i, out + i + m, 0);
    const uint32_t largest = Largest(top, m);
    uint32_t equal = 0;
    for (int32_t k = 0; k < sums.n && largest >= sums.top[k]; ++k)
      equal |= CountAbove(top, m, sums.top[k], out + i);
    if (!equal) return;
    // Where the top bits are equal the others decide.
    for (int k = 0; k < m; ++k) out[i + k] = Poisson(Uniform(x[k], y[k]), sums.mean, sums.zero);
  });
}

void StepPoissons(const double* mean, const double* zero, uint32_t seed, uint32_t stream,
                  uint32_t step, uint32_t first, int64_t n, int32_t* out) {
  ForWords(seed, stream, step, first, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    for (int k = 0; k < m; ++k)
      out[i + k] = Poisson(Uniform(x[k], y[k]), mean[i + k], zero[i + k]);
  });
}

}  // namespace spikesim

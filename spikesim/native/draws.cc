// Block by block: words, then what is made of them.

#include "draws.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "laws.h"
#include "random.h"

namespace spikesim {
namespace {

SPIKESIM_VECTOR void InARow(uint32_t step, uint32_t first, int n, uint32_t* __restrict x,
                            uint32_t* __restrict y) {
  for (int i = 0; i < n; ++i) {
    x[i] = step;
    y[i] = first + static_cast<uint32_t>(i);
  }
}

// take(i, m, x, y) with the words for i ... i + m - 1, block by block.
template <typename Take>
void ForWords(const Counters& c, int64_t n, const Take& take) {
  uint32_t x[kBlock], y[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int m = static_cast<int>(std::min<int64_t>(kBlock, n - i));
    if (c.index) {
      std::fill(x, x + m, c.step);
      std::copy(c.index + i, c.index + i + m, y);
    } else {
      InARow(c.step, c.first + static_cast<uint32_t>(i), m, x, y);
    }
    Threefry(c.seed, c.stream, m, x, y);
    take(i, m, x, y);
  }
}

SPIKESIM_VECTOR void Uniforms(const uint32_t* __restrict x, const uint32_t* __restrict y, int n,
                              double* __restrict u) {
  for (int i = 0; i < n; ++i) u[i] = Uniform(x[i], y[i]);
}

SPIKESIM_VECTOR void Tops(const uint32_t* __restrict x, int n, uint16_t* __restrict top) {
  for (int i = 0; i < n; ++i) top[i] = static_cast<uint16_t>(x[i] >> 16);
}

// As many numbers as the widest registers hold; narrower ones take several.
using Lanes = uint16_t __attribute__((vector_size(64)));
constexpr int kLanes = 32;

// How many bounds each number is above, and in `equal` whether it is equal to one; says whether any
// is. The arrays hold whole Lanes.
SPIKESIM_VECTOR bool CountAbove(const uint16_t* top, int n, const uint16_t* bound, int n_bounds,
                                uint16_t* count, uint16_t* equal) {
  Lanes any{};
  for (int i = 0; i < n; i += kLanes) {
    Lanes x, above{}, same{};
    std::memcpy(&x, top + i, sizeof x);
    for (int k = 0; k < n_bounds; ++k) {
      above -= static_cast<Lanes>(x > bound[k]);
      same |= static_cast<Lanes>(x == bound[k]);
    }
    std::memcpy(count + i, &above, sizeof above);
    std::memcpy(equal + i, &same, sizeof same);
    any |= same;
  }
  bool found = false;
  for (int j = 0; j < kLanes; ++j) found |= any[j] != 0;
  return found;
}

SPIKESIM_VECTOR void Widen(const uint16_t* __restrict count, int n, int32_t* __restrict out) {
  for (int i = 0; i < n; ++i) out[i] = count[i];
}

}  // namespace

PoissonSums::PoissonSums(double mean, double zero) : mean(mean), zero(zero), n(0) {
  const int32_t limit = std::min<int32_t>(PoissonLimit(mean), kLongest);
  double p = zero, s = zero;
  // After all ones there is no number that these bits put above.
  while (n < limit && s < 1.0 && (n == 0 || top[n - 1] != 0xFFFF)) {
    top[n++] = static_cast<uint16_t>(s * 0x1p16);
    p = (p * mean) / n;
    s = s + p;
  }
}

void StepUniforms(const Counters& counters, int64_t n, double* out) {
  ForWords(counters, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    Uniforms(x, y, m, out + i);
  });
}

void StepNormals(const Counters& counters, int64_t n, double* out) {
  double p[kBlock];
  ForWords(counters, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    OpenUniforms(x, y, m, p);
    NormalQuantiles(p, m, out + i);
  });
}

void StepPoissons(const PoissonSums& sums, const Counters& counters, int64_t n, int32_t* out) {
  alignas(64) uint16_t top[kBlock] = {}, count[kBlock], equal[kBlock];
  ForWords(counters, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    Tops(x, m, top);
    const bool any = CountAbove(top, m, sums.top, sums.n, count, equal);
    Widen(count, m, out + i);
    if (!any) return;
    // Where the first bits are equal the others decide.
    for (int k = 0; k < m; ++k)
      if (equal[k]) out[i + k] = Poisson(Uniform(x[k], y[k]), sums.mean, sums.zero);
  });
}

void StepPoissons(const double* mean, const double* zero, const Counters& counters, int64_t n,
                  int32_t* out) {
  ForWords(counters, n, [&](int64_t i, int m, uint32_t* x, uint32_t* y) {
    for (int k = 0; k < m; ++k)
      out[i + k] = Poisson(Uniform(x[k], y[k]), mean[i + k], zero[i + k]);
  });
}

}  // namespace spikesim

// Draws of a step for every element of a group: key (seed, stream), counter (step, element).

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels.h"
#include "random.h"

namespace spikesim {
namespace {

constexpr int64_t kBlock = 64;      // elements at a time
constexpr int64_t kChunk = 8192;    // elements a part of the work
constexpr int kLongestTable = 1200;  // above poisson_limit(700)

SPIKESIM_VECTOR void UniformBlock(uint32_t seed, uint32_t stream, uint32_t step, uint32_t first,
                                  int64_t n, double* u) {
  for (int64_t i = 0; i < n; ++i)
    u[i] = Uniform(Threefry(seed, stream, step, first + static_cast<uint32_t>(i)));
}

SPIKESIM_VECTOR void CountReached(const double* u, int64_t n, double bound, int32_t* count) {
  for (int64_t i = 0; i < n; ++i) count[i] += u[i] >= bound;
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

struct Sums {
  double at[kLongestTable];
  int32_t n;
  Sums(double mean, double zero) : n(std::min<int32_t>(Limit(mean), kLongestTable)) {
    double p = zero, s = zero;
    for (int32_t k = 0; k < n; ++k) {
      at[k] = s;
      p = (p * mean) / (k + 1);
      s = s + p;
    }
  }
};

ffi::Error PoissonCounts(ffi::ThreadPool pool, ffi::Buffer<ffi::U32> seed,
                         ffi::Buffer<ffi::S32> step, ffi::Buffer<ffi::F64> mean,
                         ffi::Buffer<ffi::F64> zero, ffi::ResultBuffer<ffi::S32> counts,
                         uint32_t stream) {
  const int64_t n = counts->element_count();
  const bool shared = mean.element_count() == 1 && zero.element_count() == 1;
  if (!shared && (mean.element_count() != n || zero.element_count() != n))
    return ffi::Error::InvalidArgument("Poisson means: one for all, or one an element");
  const uint32_t key = *seed.typed_data(), now = static_cast<uint32_t>(*step.typed_data());
  const double* means = mean.typed_data();
  const double* zeros = zero.typed_data();
  int32_t* out = counts->typed_data();
  const Sums sums(shared ? means[0] : 0.0, shared ? zeros[0] : 1.0);
  ForEachPart(pool, (n + kChunk - 1) / kChunk, [&](int64_t part) {
    double u[kBlock];
    const int64_t end = std::min(n, (part + 1) * kChunk);
    for (int64_t i = part * kChunk; i < end; i += kBlock) {
      const int64_t m = std::min(kBlock, end - i);
      UniformBlock(key, stream, now, static_cast<uint32_t>(i), m, u);
      if (shared) {
        double largest = u[0];
        for (int64_t k = 1; k < m; ++k) largest = std::max(largest, u[k]);
        std::fill(out + i, out + i + m, 0);
        for (int32_t k = 0; k < sums.n && largest >= sums.at[k]; ++k)
          CountReached(u, m, sums.at[k], out + i);
      } else {
        for (int64_t k = 0; k < m; ++k) out[i + k] = Poisson(u[k], means[i + k], zeros[i + k]);
      }
    }
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(spikesim_poisson, PoissonCounts,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<ffi::Buffer<ffi::U32>>()
                                  .Arg<ffi::Buffer<ffi::S32>>()
                                  .Arg<ffi::Buffer<ffi::F64>>()
                                  .Arg<ffi::Buffer<ffi::F64>>()
                                  .Ret<ffi::Buffer<ffi::S32>>()
                                  .Attr<uint32_t>("stream"));

}  // namespace spikesim

// Draws of a step for every element of a group: key (seed, stream), counter (step, element).

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels.h"
#include "random.h"

namespace spikesim {
namespace {

constexpr int64_t kBlock = 256;     // elements at a time
constexpr int64_t kChunk = 16384;   // elements a part of the work
constexpr int kLongestTable = 1200;  // above poisson_limit(700)
constexpr uint32_t kTop = 1u << 27;  // the top 27 bits of a uniform number come from one word

SPIKESIM_VECTOR void Tops(uint32_t seed, uint32_t stream, uint32_t step, uint32_t first, int64_t n,
                          uint32_t* top) {
  for (int64_t i = 0; i < n; ++i)
    top[i] = Threefry(seed, stream, step, first + static_cast<uint32_t>(i)).x >> 5;
}

// Adds 1 where top > bound, and says whether any is equal.
SPIKESIM_VECTOR uint32_t CountAbove(const uint32_t* top, int64_t n, uint32_t bound,
                                    int32_t* count) {
  uint32_t equal = 0;
  for (int64_t i = 0; i < n; ++i) {
    count[i] += top[i] > bound;
    equal |= top[i] == bound;
  }
  return equal;
}

SPIKESIM_VECTOR uint32_t Largest(const uint32_t* x, int64_t n) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
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

// The partial sums for one mean, and their top bits: only where those of u are equal does it take
// the rest to compare.
struct Sums {
  double mean, zero;
  uint32_t top[kLongestTable];
  int32_t n;
  Sums(double mean, double zero)
      : mean(mean), zero(zero), n(std::min<int32_t>(Limit(mean), kLongestTable)) {
    double p = zero, s = zero;
    for (int32_t k = 0; k < n; ++k) {
      top[k] = s < 1.0 ? static_cast<uint32_t>(s * kTop) : kTop;
      p = (p * mean) / (k + 1);
      s = s + p;
      if (top[k] >= kTop) n = k + 1;  // no u gets further
    }
  }
};

double UniformOf(uint32_t seed, uint32_t stream, uint32_t step, int64_t element) {
  return Uniform(Threefry(seed, stream, step, static_cast<uint32_t>(element)));
}

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
    const int64_t end = std::min(n, (part + 1) * kChunk);
    if (!shared) {
      for (int64_t i = part * kChunk; i < end; ++i)
        out[i] = Poisson(UniformOf(key, stream, now, i), means[i], zeros[i]);
      return;
    }
    uint32_t top[kBlock];
    for (int64_t i = part * kChunk; i < end; i += kBlock) {
      const int64_t m = std::min(kBlock, end - i);
      Tops(key, stream, now, static_cast<uint32_t>(i), m, top);
      std::fill(out + i, out + i + m, 0);
      const uint32_t largest = Largest(top, m);
      uint32_t equal = 0;
      for (int32_t k = 0; k < sums.n && largest >= sums.top[k]; ++k)
        equal |= CountAbove(top, m, sums.top[k], out + i);
      if (!equal) continue;
      for (int64_t k = i; k < i + m; ++k)
        out[k] = Poisson(UniformOf(key, stream, now, k), sums.mean, sums.zero);
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

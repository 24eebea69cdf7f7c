// The draws of draws.h as XLA calls them, for all elements of a group.

#include <algorithm>
#include <cstdint>

#include "draws.h"
#include "kernels.h"

namespace spikesim {
namespace {

// draw(first, n) for parts of all elements.
template <typename Draw>
void InParts(ffi::ThreadPool& pool, int64_t elements, const Draw& draw) {
  constexpr int64_t kPart = 16384;
  ForEachPart(pool, (elements + kPart - 1) / kPart, [&](int64_t part) {
    draw(part * kPart, std::min(kPart, elements - part * kPart));
  });
}

using Step = void (*)(const Counters&, int64_t, double*);

template <Step kStep>
ffi::Error Numbers(ffi::ThreadPool pool, ffi::Buffer<ffi::U32> seed, ffi::Buffer<ffi::U32> step,
                   ffi::ResultBuffer<ffi::F64> numbers, uint32_t stream) {
  const uint32_t key = *seed.typed_data(), now = *step.typed_data();
  double* out = numbers->typed_data();
  InParts(pool, numbers->element_count(), [&](int64_t first, int64_t n) {
    kStep({key, stream, now, static_cast<uint32_t>(first), nullptr}, n, out + first);
  });
  return ffi::Error::Success();
}

ffi::Error PoissonCounts(ffi::ThreadPool pool, ffi::Buffer<ffi::U32> seed,
                         ffi::Buffer<ffi::U32> step, ffi::Buffer<ffi::F64> mean,
                         ffi::Buffer<ffi::F64> zero, ffi::ResultBuffer<ffi::S32> counts,
                         uint32_t stream) {
  const int64_t elements = counts->element_count();
  const bool shared = mean.element_count() == 1 && zero.element_count() == 1;
  if (!shared && (mean.element_count() != elements || zero.element_count() != elements))
    return ffi::Error::InvalidArgument("Poisson means: one for all, or one an element");
  const uint32_t key = *seed.typed_data(), now = *step.typed_data();
  const double* means = mean.typed_data();
  const double* zeros = zero.typed_data();
  int32_t* out = counts->typed_data();
  const PoissonSums sums(shared ? means[0] : 0.0, shared ? zeros[0] : 1.0);
  InParts(pool, elements, [&](int64_t first, int64_t n) {
    const Counters at{key, stream, now, static_cast<uint32_t>(first), nullptr};
    if (shared)
      StepPoissons(sums, at, n, out + first);
    else
      StepPoissons(means + first, zeros + first, at, n, out + first);
  });
  return ffi::Error::Success();
}

auto Bind() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .Arg<ffi::Buffer<ffi::U32>>()   // seed
      .Arg<ffi::Buffer<ffi::U32>>();  // step
}

auto BindNumbers() { return Bind().Ret<ffi::Buffer<ffi::F64>>().Attr<uint32_t>("stream"); }

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(spikesim_uniform, Numbers<StepUniforms>, BindNumbers());
XLA_FFI_DEFINE_HANDLER_SYMBOL(spikesim_normal, Numbers<StepNormals>, BindNumbers());
XLA_FFI_DEFINE_HANDLER_SYMBOL(spikesim_poisson, PoissonCounts,
                              Bind()
                                  .Arg<ffi::Buffer<ffi::F64>>()
                                  .Arg<ffi::Buffer<ffi::F64>>()
                                  .Ret<ffi::Buffer<ffi::S32>>()
                                  .Attr<uint32_t>("stream"));

}  // namespace spikesim

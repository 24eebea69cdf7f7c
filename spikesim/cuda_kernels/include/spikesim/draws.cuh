// The random numbers of a step: key (seed, stream), counter (step, element).
#ifndef SPIKESIM_CUDA_DRAWS_CUH_
#define SPIKESIM_CUDA_DRAWS_CUH_

#include "elements.h"
#include "network.cuh"
#include "numbers.h"

namespace spikesim {

SPIKESIM_INLINE double DrawUniform(const Moment& m, uint32_t stream, int32_t element) {
  const Words w = Threefry(m.seed, stream, m.step, element);
  return Uniform(w.x, w.y);
}

SPIKESIM_INLINE double DrawNormal(const Moment& m, uint32_t stream, int32_t element) {
  const Words w = Threefry(m.seed, stream, m.step, element);
  return NormalQuantile(OpenUniform(w.x, w.y));
}

SPIKESIM_INLINE int32_t DrawPoisson(const Moment& m, uint32_t stream, int32_t element, double mean,
                                    double zero) {
  return Poisson(DrawUniform(m, stream, element), mean, zero);
}

// table[index], with the index kept inside.
template <typename T>
SPIKESIM_INLINE T Take(const T* table, int32_t length, int32_t index) {
  return table[index < 0 ? 0 : index >= length ? length - 1 : index];
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_DRAWS_CUH_

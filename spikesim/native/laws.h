// Values of distributions: spikesim/distributions.py for many counters at once.
#ifndef SPIKESIM_NATIVE_LAWS_H_
#define SPIKESIM_NATIVE_LAWS_H_

#include <cstdint>

#include "random.h"
#include "wiring.h"

namespace spikesim {

// The values for the counters (row, position), of n <= kBlock connections; for given values, those
// at `index`.
void Draw(const Law& law, uint32_t seed, const uint32_t* row, const uint32_t* position,
          const int64_t* index, int n, double* out);

// Standard normal numbers of n <= kBlock probabilities inside (0, 1), as random.normal_quantile.
void NormalQuantiles(const double* p, int n, double* z);

// (j + 1/2) 2^-52 of n pairs of words, as random.open_uniform.
void OpenUniforms(const uint32_t* word0, const uint32_t* word1, int n, double* u);

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_LAWS_H_

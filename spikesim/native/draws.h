// Random numbers of a step, one an element, as spikesim/random.py defines them. For any engine:
// nothing here is XLA's.
#ifndef SPIKESIM_NATIVE_DRAWS_H_
#define SPIKESIM_NATIVE_DRAWS_H_

#include <cstdint>

namespace spikesim {

// The key is (seed, stream), the counters are (step, element): for the elements first, first + 1 ...
// or, where there is an index, index[0], index[1] ...
struct Counters {
  uint32_t seed, stream, step, first;
  const int32_t* index;
};

void StepUniforms(const Counters& counters, int64_t n, double* out);

void StepNormals(const Counters& counters, int64_t n, double* out);

// What counts of one mean are compared with; zero is exp(-mean). It depends on these two only, so
// it may be kept from step to step.
struct PoissonSums {
  static constexpr int kLongest = 1200;  // above poisson_limit(700)
  PoissonSums(double mean, double zero);
  double mean, zero;
  int32_t n;
  uint16_t top[kLongest];  // the first 16 bits of the partial sums that are below 1
};

// Counts of one mean.
void StepPoissons(const PoissonSums& sums, const Counters& counters, int64_t n, int32_t* out);

// Counts with a mean each; zero is exp(-mean).
void StepPoissons(const double* mean, const double* zero, const Counters& counters, int64_t n,
                  int32_t* out);

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_DRAWS_H_

// A table of synapses as the machine and the CUDA kernels read it.
#ifndef SPIKESIM_NATIVE_TABLE_H_
#define SPIKESIM_NATIVE_TABLE_H_

#include "plain.h"

namespace spikesim {

// Synapses by (part, source, delay): see delivery.h and docs/design. Either segment is there, or row and delay, and
// then they go through the ring.
struct Table {
  const uint32_t* segment;  // [parts][sources][delays + 1], or null
  const int64_t* row;       // [parts][sources + 1], or null
  const uint16_t* delay;    // [synapses], or null
  const int32_t* delays;    // [delays], distinct, ascending
  int64_t n_delays;
  const uint16_t* target;  // [synapses], within the part
  const void* weight;      // [synapses], or, if shared, [sources]
  int32_t width;           // bytes of a weight: 2, 4 or 8
  int32_t shared;
  const int32_t* number;  // [synapses], within their edges, or null: then all spikes are transmitted
  const double* release;  // with this probability: [1], or, if release_each, one each:
                          // on CPUs in the order of the table, on GPUs of the numbers
  int32_t release_each;
  uint32_t stream;
};

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_TABLE_H_

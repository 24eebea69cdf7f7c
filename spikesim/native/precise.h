// What arrives between the steps: the spikes of timed edges, in the order in which a neuron gets
// them. The sums of what arrives at one moment do not depend on the order of their parts, since
// weights are on a grid; see docs/design/conformance.md.
#ifndef SPIKESIM_NATIVE_PRECISE_H_
#define SPIKESIM_NATIVE_PRECISE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "delivery.h"

namespace spikesim {

// The synapses of timed edges to a group, by (delay, source).
struct Timed {
  const int32_t* delays;  // [delays], distinct; at least 1
  int64_t n_delays;
  const int64_t* segment;  // [delays][sources + 1], where the synapses of a source start
  const int32_t* element;  // [synapses], in the group
  const int32_t* port;     // [synapses], number of the port
  const double* weight;    // [synapses]
};

struct Arrival {
  double time;  // ms since the step began
  double weight;
  int32_t element, port;
};

// What arrives in step `now` at the elements begin ... end - 1, by element, then time. sent: when in
// their step the sources of the log had their event, [rows][sources].
inline void Gather(const Timed& timed, const SpikeLog& log, const double* sent, int64_t now,
                   int64_t begin, int64_t end, std::vector<Arrival>& arrivals) {
  arrivals.clear();
  for (int64_t d = 0; d < timed.n_delays; ++d) {
    const int64_t step = now - timed.delays[d];
    if (step < 0) continue;
    const int64_t row = step % log.rows;
    const int64_t* mine = timed.segment + d * (log.n_sources + 1);
    for (int64_t piece = 0; piece < log.pieces; ++piece) {
      const int32_t* sources = log.source + row * log.n_sources + log.piece_start[piece];
      const int32_t count = log.count[row * log.pieces + piece];
      for (int32_t k = 0; k < count; ++k) {
        const double time = sent[row * log.n_sources + sources[k]];
        for (int64_t i = mine[sources[k]]; i < mine[sources[k] + 1]; ++i)
          if (timed.element[i] >= begin && timed.element[i] < end)
            arrivals.push_back({time, timed.weight[i], timed.element[i], timed.port[i]});
      }
    }
  }
  std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
    return a.element != b.element ? a.element < b.element : a.time < b.time;
  });
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_PRECISE_H_

// Plastic synapses: what the events of a step make of them. All threads share the synapses with an
// event; they meet where a response needs what another one writes.
#ifndef SPIKESIM_CUDA_PLASTICITY_CUH_
#define SPIKESIM_CUDA_PLASTICITY_CUH_

#include "delivery.cuh"

namespace spikesim {

// Called by the code of a synapse. The slots are those of its port, where its target has number
// `target`.
template <typename Sum>
SPIKESIM_INLINE void Transmit(const Plastic& p, const Moment& m, int64_t synapse, int32_t target,
                              double value) {
  const int64_t arrives = m.step + p.delay[p.delay_each ? synapse : 0];
  Sum* slot = static_cast<Sum*>(p.transmitted) + arrives % p.rows * p.n_slots + target;
  AtomicAdd(slot, AsSum(value, p.unit + 2 * target, Sum()));
}

template <typename Model>
class Learning {
 public:
  SPIKESIM_DEVICE Learning(Grid& grid, const Network& net, uint32_t seed)
      : grid_(grid), net_(net), m_{0.0, 0, seed} {}

  // All responses to the events of step `found`, whose spikes are in the log.
  SPIKESIM_DEVICE void Respond(int64_t found) {
    if (!Due(found)) return;
    m_.t = static_cast<double>(found) * net_.dt;
    m_.step = static_cast<int32_t>(found);
    for (int64_t k = 0; k < net_.n_plastic; ++k) {
      const Plastic& p = net_.plastic[k];
      for (int64_t r = 0; r < p.n_responses; ++r) {
        const Response& response = p.responses[r];
        if (response.meet) grid_.template Sync<kLearned>();
        if (response.to == Response::kStep) EachStep(p, response);
        else if (response.of_neurons) OfNeurons(SideOf(p, response), response, found);
        else OfSynapses(p, SideOf(p, response), response, found);
      }
    }
    grid_.template Sync<kLearned>();
  }

 private:
  static SPIKESIM_INLINE const Side& SideOf(const Plastic& p, const Response& response) {
    return response.to == Response::kPre ? p.pre : p.post;
  }

  SPIKESIM_INLINE int64_t Spikes(int64_t step) const {
    return step < 0 ? 0 : net_.count[step % net_.rows];
  }

  // Is there anything to do? The same for all threads.
  SPIKESIM_DEVICE bool Due(int64_t found) const {
    for (int64_t k = 0; k < net_.n_plastic; ++k) {
      const Plastic& p = net_.plastic[k];
      for (int64_t r = 0; r < p.n_responses; ++r) {
        if (p.responses[r].to == Response::kStep) return true;
        const Side& side = SideOf(p, p.responses[r]);
        for (int64_t d = 0; d < side.n_lookups; ++d)
          if (Spikes(found - side.lookups[d].delay)) return true;
      }
    }
    return false;
  }

  SPIKESIM_DEVICE void EachStep(const Plastic& p, const Response& response) {
    Model::Rule(p.code, [&](auto code) {
      for (int64_t i = Rank(grid_); i < p.n; i += Ranks(grid_))
        code.Respond(response.number, p, m_, i, p.source[i], p.target[i]);
    });
  }

  SPIKESIM_DEVICE void OfSynapses(const Plastic& p, const Side& side, const Response& response,
                                  int64_t found) {
    Model::Rule(p.code, [&](auto code) {
      for (int64_t d = 0; d < side.n_lookups; ++d) {
        const Lookup& lookup = side.lookups[d];
        const int64_t step = found - lookup.delay;
        if (!Spikes(step)) continue;
        ForSynapses(
            grid_, net_.log + step % net_.rows * net_.n_sources, Spikes(step), 1,
            [&](int32_t source, int32_t, int64_t& begin, int64_t& end) {
              const int64_t i = source - side.first_source;
              const bool mine = 0 <= i && i < side.size;
              begin = mine ? Fixed(lookup.start + i) : 0;
              end = mine ? Fixed(lookup.start + i + 1) : 0;
            },
            [&](int64_t place, int32_t, int32_t) {
              const int64_t i = lookup.synapse ? Fixed(lookup.synapse + place) : place;
              code.Respond(response.number, p, m_, i, p.source[i], p.target[i]);
            });
      }
    });
  }

  // A side has one delay where its neurons respond.
  SPIKESIM_DEVICE void OfNeurons(const Side& side, const Response& response, int64_t found) {
    const int64_t step = found - side.lookups[0].delay, n = Spikes(step);
    const Group& group = net_.groups[side.group];
    for (int64_t k = Rank(grid_); k < n; k += Ranks(grid_)) {
      const int64_t i = net_.log[step % net_.rows * net_.n_sources + k] - side.first_source;
      if (i < 0 || i >= side.size) continue;
      Model::Code(group.code, [&](auto code) {
        code.Respond(response.number, group, m_, static_cast<int32_t>(i));
      });
    }
  }

  Grid& grid_;
  const Network& net_;
  Moment m_;
};

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_PLASTICITY_CUH_

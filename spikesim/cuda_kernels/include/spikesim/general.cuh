// The general kernel: any network. Spikes of a step are listed in global memory; after a barrier all
// threads share what there is to send.
#ifndef SPIKESIM_CUDA_GENERAL_CUH_
#define SPIKESIM_CUDA_GENERAL_CUH_

#include "plasticity.cuh"
#include "step.cuh"

namespace spikesim {

template <typename Model>
class General : public Phases<Model, General<Model>> {
  using Base = Phases<Model, General<Model>>;
  using typename Base::Sum;
  using Base::grid_, Base::net_, Base::run_, Base::now_;
  friend Base;

 public:
  SPIKESIM_DEVICE General(Grid& grid, const Network& net, const Launch& run)
      : Base(grid, net, run) {}

  SPIKESIM_DEVICE void Steps() {
    const int64_t end = run_.first + run_.count;
    if (Rank(grid_) == 0) net_.count[now_ % net_.rows] = 0;
    if (run_.again) SendAgain();
    if (net_.early) GatherDue(now_ - 1, now_);
    grid_.template Sync<kStart>();
    for (; now_ < end && HasRoom(); ++now_) {
      if (Rank(grid_) == 0) net_.count[(now_ + !net_.deliver_first) % net_.rows] = 0;
      this->Advance();
      grid_.template Sync<kFound>();
      // Before events are looked for, the latest known are those of the step before.
      const int64_t found = net_.deliver_first ? now_ - 1 : now_;
      Record(found);
      if (net_.n_logs) {
        Capture(found);
        grid_.template Sync<kLogged>();
      }
      if constexpr (Model::kLearns) Learning<Model>(grid_, net_, run_.seed).Respond(found);
      Deliver<Sum>(grid_, net_, run_.seed, found, net_.early ? now_ + 1 : now_);
      if (!net_.early) grid_.template Sync<kSent>();
      this->Finish();
    }
    grid_.template Sync<kEnd>();
    if (net_.deliver_first) {
      Record(now_ - 1);
      if (net_.n_logs) Capture(now_ - 1);
    }
    // What was added up for the next step is added up anew by the next launch.
    if (net_.early && net_.arrived) {
      Sum* arrived = static_cast<Sum*>(net_.arrived);
      for (int64_t i = Rank(grid_); i < 2 * net_.n_slots; i += Ranks(grid_)) arrived[i] = 0;
    }
    if (Rank(grid_) == 0) {
      run_.done[0] = now_ - run_.first;
      run_.done[1] = recorded_;
    }
  }

 private:
  SPIKESIM_INLINE const Network& From(const Tile&, int32_t) const { return net_; }

  // Notes the events of an element in the log.
  SPIKESIM_DEVICE void List(const Group& g, const Tile&, int32_t i) {
    const int64_t row = now_ % net_.rows;
    for (int64_t e = 0; e < g.n_events; ++e) {
      const Event& event = g.events[e];
      if (event.first_source < 0) continue;
      const bool yes = i >= 0 && event.flags[i];
      const int64_t at = Claim(grid_, yes, net_.count + row);
      if (yes)
        net_.log[row * net_.n_sources + at] = static_cast<int32_t>(event.first_source) + i;
    }
  }

  // Makes the ring anew from the log, with the present weights, but without what has arrived.
  SPIKESIM_DEVICE void SendAgain() {
    if (!net_.ring) return;
    Sum* ring = static_cast<Sum*>(net_.ring);
    for (int64_t i = Rank(grid_); i < net_.ring_rows * net_.n_slots; i += Ranks(grid_)) ring[i] = 0;
    grid_.template Sync<kStart>();
    const int64_t oldest = now_ - net_.ring_rows < 0 ? 0 : now_ - net_.ring_rows;
    for (int64_t found = oldest; found < now_ - net_.deliver_first; ++found)
      for (int64_t k = 0; k < net_.n_tables; ++k)
        if (!net_.tables[k].segment)
          Send<Sum>(grid_, net_, net_.tables[k], run_.seed, found, now_);
  }

  SPIKESIM_DEVICE void GatherDue(int64_t found, int64_t due) {
    for (int64_t k = 0; k < net_.n_tables; ++k)
      if (net_.tables[k].segment) Gather<Sum>(grid_, net_, net_.tables[k], found, due);
  }

  // For one more step, and one that is not recorded yet. The same for all threads.
  SPIKESIM_DEVICE bool HasRoom() const {
    for (int64_t k = 0; k < net_.n_logs; ++k)
      if (*net_.logs[k].count + 2 * net_.logs[k].size > net_.logs[k].room) return false;
    return !run_.spike_step || recorded_ + 2 * net_.n_sources <= run_.room;
  }

  SPIKESIM_DEVICE void Record(int64_t found) {
    if (found < run_.first || !run_.spike_step) return;
    const int64_t row = found % net_.rows, n = net_.count[row];
    for (int64_t k = Rank(grid_); k < n; k += Ranks(grid_)) {
      run_.spike_step[recorded_ + k] = static_cast<int32_t>(found);
      run_.spike_source[recorded_ + k] = net_.log[row * net_.n_sources + k];
    }
    recorded_ += n;
  }

  // Flags and logged variables are as they were when events were found.
  SPIKESIM_DEVICE void Capture(int64_t found) {
    if (found < run_.first) return;
    for (int64_t k = 0; k < net_.n_logs; ++k) {
      const EventLog& log = net_.logs[k];
      for (int64_t i = Rank(grid_); i < log.size; i += Ranks(grid_)) {
        const int64_t element = log.index[i];
        if (!log.flags[element]) continue;
        const uint32_t at = AtomicAdd(log.count, 1u);
        log.step[at] = static_cast<int32_t>(found);
        log.position[at] = static_cast<int32_t>(i);
        for (int64_t c = 0; c < log.n_columns; ++c) {
          const Column& column = log.columns[c];
          CopyElement(column.out + at * column.width, column.values + element * column.width,
                      column.width);
        }
      }
    }
  }

  int64_t recorded_ = 0;
};

template <typename Model>
SPIKESIM_DEVICE void RunGeneral(Grid& grid, const Network& net, const Launch& run) {
  General<Model>(grid, net, run).Steps();
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_GENERAL_CUH_

// The steps of a network, from the first to the last of a launch: what spikesim/backends/step.py
// means. All blocks go through the same code, and meet at the barriers.
//
// Model is what spikesim/backends/cuda/emit.py writes:
//   Real, Sum      numbers of states; numbers in which arrivals are added up
//   kKeeps         does any code write what all elements of a group share?
//   Code(k, body)  body(code) with the functions of the groups with code k:
//     Begin, Act(clock), Before(round), After, Reset(event), KeepBegin, KeepAct(clock)
//     events are looked for at the end of After, or of the last round before
//   Edge(k, body)  body(code) with Value(coupling, moment, edge) of couplings with code k
#ifndef SPIKESIM_CUDA_STEP_CUH_
#define SPIKESIM_CUDA_STEP_CUH_

#include "delivery.cuh"

namespace spikesim {

// body(group, element) for all elements, each by the thread that takes care of it; whole warps take
// part, those beyond the end with element -1. Neighbouring tiles go to different blocks.
template <typename Body>
SPIKESIM_DEVICE void ForElements(const Grid& grid, const Network& net, const Body& body) {
  const int64_t warps = static_cast<int64_t>(grid.Threads() / kWarp) * grid.Blocks();
  const int64_t mine = static_cast<int64_t>(grid.Thread() / kWarp) * grid.Blocks() + grid.Block();
  for (int64_t k = mine; k < net.n_tiles; k += warps) {
    const Tile tile = net.tiles[k];
    const Group& group = net.groups[tile.group];
    for (int32_t base = 0; base < tile.size; base += kWarp) {
      const int32_t i = base + grid.Lane();
      body(group, i < tile.size ? tile.first + i : -1);
    }
  }
}

// Puts `value` into a list, if `yes`; of a whole warp at once.
SPIKESIM_INLINE void Append(const Grid& grid, bool yes, int32_t value, int32_t* list,
                            int32_t* count) {
  const uint32_t who = Ballot(yes);
  if (!who) return;
  int64_t start = 0;
  if (grid.Lane() == FirstBit(who)) start = AtomicAdd(count, static_cast<int32_t>(CountBits(who)));
  start = FromLane(start, FirstBit(who));
  if (yes) list[start + CountBits(who & ((1u << grid.Lane()) - 1u))] = value;
}

SPIKESIM_INLINE void CopyElement(uint8_t* to, const uint8_t* from, int64_t width) {
  if (width == 4) *reinterpret_cast<uint32_t*>(to) = *reinterpret_cast<const uint32_t*>(from);
  else if (width == 8) *reinterpret_cast<uint64_t*>(to) = *reinterpret_cast<const uint64_t*>(from);
  else *to = *from;
}

SPIKESIM_INLINE bool IsDue(const Clock& c, int64_t now) {
  if (!c.at) return now >= c.offset && (now - c.offset) % c.every == 0;
  int64_t low = 0, high = c.n_at;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (c.at[middle] < now) low = middle + 1;
    else high = middle;
  }
  return low < c.n_at && c.at[low] == now;
}

template <typename Model>
class Run {
  using Real = typename Model::Real;
  using Sum = typename Model::Sum;

 public:
  SPIKESIM_DEVICE Run(Grid& grid, const Network& net, const Launch& run)
      : grid_(grid), net_(net), run_(run) {}

  SPIKESIM_DEVICE void Steps() {
    const int64_t end = run_.first + run_.count;
    now_ = run_.first;
    if (Rank(grid_) == 0) net_.count[now_ % net_.rows] = 0;
    if (run_.again) SendAgain();
    if (net_.early) GatherDue(now_ - 1, now_);
    grid_.Sync<kStart>();
    for (; now_ < end && HasRoom(); ++now_) {
      m_ = {static_cast<double>(now_) * net_.dt, static_cast<int32_t>(now_), run_.seed};
      if (net_.links) Follow();
      if (net_.begins) Begin();
      Sample();
      if (net_.acts) Act();
      Update();
      grid_.Sync<kFound>();
      // Before events are looked for, the latest known are those of the step before.
      const int64_t found = net_.deliver_first ? now_ - 1 : now_;
      Record(found);
      if (net_.n_logs) {
        Capture(found);
        grid_.Sync<kLogged>();
      }
      Deliver<Sum>(grid_, net_, run_.seed, found, net_.early ? now_ + 1 : now_);
      if (!net_.early) grid_.Sync<kSent>();
      Finish();
    }
    grid_.Sync<kEnd>();
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
  // Makes the ring anew from the log, with the present weights, but without what has arrived.
  SPIKESIM_DEVICE void SendAgain() {
    if (!net_.ring) return;
    Sum* ring = static_cast<Sum*>(net_.ring);
    for (int64_t i = Rank(grid_); i < net_.ring_rows * net_.n_slots; i += Ranks(grid_)) ring[i] = 0;
    grid_.Sync<kStart>();
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

  // Links read what other blocks write, so all meet before and after.
  SPIKESIM_DEVICE void Follow() {
    grid_.Sync<kBegun>();
    ForElements(grid_, net_, [&](const Group& g, int32_t i) {
      for (int64_t k = 0; i >= 0 && k < g.n_links; ++k) {
        const Link& link = g.links[k];
        CopyElement(link.out + i * link.width, link.values + link.index[i] * link.width,
                    link.width);
      }
    });
    grid_.Sync<kBegun>();
  }

  // Code that may write what all elements of a group share: one thread does, when all have read.
  SPIKESIM_DEVICE void Begin() {
    ForElements(grid_, net_, [&](const Group& g, int32_t i) {
      if (i >= 0) Model::Code(g.code, [&](auto code) { code.Begin(g, m_, i); });
    });
    if (!Model::kKeeps) return;
    grid_.Sync<kKept>();
    if (Rank(grid_) == 0)
      for (int64_t k = 0; k < net_.n_groups; ++k) {
        const Group& g = net_.groups[k];
        Model::Code(g.code, [&](auto code) { code.KeepBegin(g, m_); });
      }
    grid_.Sync<kKept>();
  }

  SPIKESIM_DEVICE void Act() {
    int64_t most = 0;
    for (int64_t k = 0; k < net_.n_groups; ++k)
      most = net_.groups[k].n_clocks > most ? net_.groups[k].n_clocks : most;
    for (int64_t c = 0; c < most; ++c) {
      const auto due = [&](const Group& g) { return c < g.n_clocks && IsDue(g.clocks[c], now_); };
      ForElements(grid_, net_, [&](const Group& g, int32_t i) {
        if (i >= 0 && due(g)) Model::Code(g.code, [&](auto code) { code.Act(c, g, m_, i); });
      });
      if (!Model::kKeeps) continue;
      grid_.Sync<kKept>();
      if (Rank(grid_) == 0)
        for (int64_t k = 0; k < net_.n_groups; ++k) {
          const Group& g = net_.groups[k];
          if (due(g)) Model::Code(g.code, [&](auto code) { code.KeepAct(c, g, m_); });
        }
      grid_.Sync<kKept>();
    }
  }

  // Probes read what other blocks write, so all meet before and after.
  SPIKESIM_DEVICE void Sample() {
    bool due = false;
    for (int64_t k = 0; k < net_.n_probes; ++k) due |= now_ % net_.probes[k].every == 0;
    if (!due) return;
    grid_.Sync<kBegun>();
    for (int64_t k = 0; k < net_.n_probes; ++k) {
      const Probe& p = net_.probes[k];
      if (now_ % p.every) continue;
      const int64_t sample = now_ / p.every - (run_.first + p.every - 1) / p.every;
      uint8_t* out = p.out + sample * p.count * p.width;
      for (int64_t i = Rank(grid_); i < p.count; i += Ranks(grid_))
        CopyElement(out + i * p.width, p.values + p.index[i] * p.width, p.width);
    }
    grid_.Sync<kBegun>();
  }

  // Up to the delivery of spikes.
  SPIKESIM_DEVICE void Update() {
    if (Rank(grid_) == 0) net_.count[(now_ + !net_.deliver_first) % net_.rows] = 0;
    for (int32_t round = 0; round < net_.n_rounds; ++round) {
      Couple(round);
      const bool last = round + 1 == net_.n_rounds;
      ForElements(grid_, net_, [&](const Group& g, int32_t i) {
        if (i >= 0) Model::Code(g.code, [&](auto code) { code.Before(round, g, m_, i); });
        if (last && !net_.deliver_first) List(g, i);
      });
    }
  }

  // Notes the events of an element in the log.
  SPIKESIM_DEVICE void List(const Group& g, int32_t i) {
    const int64_t row = now_ % net_.rows;
    for (int64_t e = 0; e < g.n_events; ++e) {
      const Event& event = g.events[e];
      if (event.first_source < 0) continue;
      Append(grid_, i >= 0 && event.flags[i], static_cast<int32_t>(event.first_source) + i,
             net_.log + row * net_.n_sources, net_.count + row);
    }
  }

  SPIKESIM_DEVICE void Finish() {
    ForElements(grid_, net_, [&](const Group& g, int32_t i) {
      if (i >= 0) Model::Code(g.code, [&](auto code) { code.After(net_, g, m_, i); });
      if (net_.deliver_first) List(g, i);
      for (int64_t e = 0; i >= 0 && e < g.n_events; ++e)
        if (g.events[e].flags[i])
          Model::Code(g.code, [&](auto code) { code.Reset(e, g, m_, i); });
    });
  }

  // Edges read what other blocks write, so all meet before and after.
  SPIKESIM_DEVICE void Couple(int32_t round) {
    bool due = false;
    const auto is_due = [round](const Coupling& c) { return c.first <= round && round <= c.last; };
    for (int64_t k = 0; k < net_.n_couplings; ++k) due |= is_due(net_.couplings[k]);
    if (!due) return;
    grid_.Sync<kBegun>();
    bool pooled = false;
    for (int64_t k = 0; k < net_.n_couplings; ++k) {
      const Coupling& c = net_.couplings[k];
      if (!c.pooled || !is_due(c)) continue;
      Model::Edge(c.code, [&](auto code) {
        for (int64_t edge = Rank(grid_); edge < c.n_edges; edge += Ranks(grid_))
          static_cast<Real*>(c.values)[edge] = code.Value(c, m_, edge);
      });
      pooled = true;
    }
    if (pooled) grid_.Sync<kBegun>();
    for (int64_t k = 0; k < net_.n_couplings; ++k) {
      const Coupling& c = net_.couplings[k];
      if (!is_due(c)) continue;
      if (c.pooled) SumPool(c);
      else SumEach(c);
    }
    grid_.Sync<kBegun>();
  }

  // Targets are dealt as elements of their group are: what there is from a coupling before was
  // written by the same thread.
  SPIKESIM_DEVICE void SumEach(const Coupling& c) {
    Model::Edge(c.code, [&](auto code) {
      ForElements(grid_, net_, [&](const Group& g, int32_t i) {
        if (i < 0 || &g != net_.groups + c.group) return;
        Real sum = 0;
        for (int64_t edge = c.row[i]; edge < c.row[i + 1]; ++edge)
          sum = Settled(sum + code.Value(c, m_, edge));
        Put(c, i, sum);
      });
    });
  }

  SPIKESIM_DEVICE void SumPool(const Coupling& c) {
    SPIKESIM_SHARED Real all;
    grid_.SyncBlock();
    if (grid_.Thread() == 0) {
      Real sum = 0;
      for (int64_t edge = 0; edge < c.n_edges; ++edge)
        sum = Settled(sum + static_cast<const Real*>(c.values)[edge]);
      all = sum;
    }
    grid_.SyncBlock();
    ForElements(grid_, net_, [&](const Group& g, int32_t i) {
      if (i < 0 || &g != net_.groups + c.group) return;
      Put(c, i, c.row[i] < c.row[i + 1] ? all : Real(0));
    });
  }

  SPIKESIM_DEVICE void Put(const Coupling& c, int32_t target, Real sum) {
    Real* total = static_cast<Real*>(c.total) + target;
    *total = c.add ? Settled(*total + sum) : sum;
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

  Grid& grid_;
  const Network& net_;
  const Launch& run_;
  Moment m_{};
  int64_t now_ = 0, recorded_ = 0;
};

template <typename Model>
SPIKESIM_DEVICE void RunSteps(Grid& grid, const Network& net, const Launch& run) {
  Run<Model>(grid, net, run).Steps();
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_STEP_CUH_

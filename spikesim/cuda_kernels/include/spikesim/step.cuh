// The phases of a step: what spikesim/backends/step.py means. All blocks go through the same code, and
// meet at the barriers. How spikes go from block to block is said by a Way: general.cuh and fast.cuh.
//
// Model is what spikesim/backends/cuda/emit.py writes:
//   Real, Sum      numbers of states; numbers in which arrivals are added up
//   kKeeps         does any code write what all elements of a group share?
//   kLearns        are there plastic synapses?
//   Code(k, body)  body(code) with the functions of the groups with code k:
//     Begin, Act(clock), Before(round), After, Reset(event), KeepBegin, KeepAct(clock), Respond(number)
//     events are looked for at the end of After, or of the last round before
//   Edge(k, body)  body(code) with Value(coupling, moment, edge) of couplings with code k
//   Rule(k, body)  body(code) with Respond(number, plastic, moment, synapse, source, target)
#ifndef SPIKESIM_CUDA_STEP_CUH_
#define SPIKESIM_CUDA_STEP_CUH_

#include "draws.cuh"
#include "network.cuh"

namespace spikesim {

// body(group, tile, element) for all elements, each by the thread that takes care of it; whole warps
// take part, those beyond the end with element -1. Neighbouring tiles go to different blocks.
template <typename Body>
SPIKESIM_DEVICE void ForElements(const Grid& grid, const Network& net, const Body& body) {
  const int64_t warps = static_cast<int64_t>(grid.Threads() / kWarp) * grid.Blocks();
  const int64_t mine = static_cast<int64_t>(grid.Thread() / kWarp) * grid.Blocks() + grid.Block();
  for (int64_t k = mine; k < net.n_tiles; k += warps) {
    const Tile& tile = net.tiles[k];
    const Group& group = net.groups[tile.group];
    for (int32_t base = 0; base < tile.size; base += kWarp) {
      const int32_t i = base + grid.Lane();
      body(group, tile, i < tile.size ? tile.first + i : -1);
    }
  }
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

// Way: what each way adds,
//   From(tile, element)         where arrivals of an element are taken from
//   List(group, tile, element)  notes the events of an element, that have just been looked for
template <typename Model, typename Way>
class Phases {
 protected:
  using Real = typename Model::Real;
  using Sum = typename Model::Sum;

  SPIKESIM_DEVICE Phases(Grid& grid, const Network& net, const Launch& run)
      : grid_(grid), net_(net), run_(run), now_(run.first) {}

  // All of step now_ that comes before spikes are sent.
  SPIKESIM_DEVICE void Advance() {
    m_ = {static_cast<double>(now_) * net_.dt, static_cast<int32_t>(now_), run_.seed};
    if (net_.links) Follow();
    if (net_.begins) Begin();
    Sample();
    if (net_.acts) Act();
    Update();
  }

  // What arrives, and resets.
  SPIKESIM_DEVICE void Finish() {
    ForElements(grid_, net_, [&](const Group& g, const Tile& tile, int32_t i) {
      if (i >= 0)
        Model::Code(g.code, [&](auto code) { code.After(way().From(tile, i), g, m_, i); });
      if (net_.deliver_first) way().List(g, tile, i);
      for (int64_t e = 0; i >= 0 && e < g.n_events; ++e)
        if (g.events[e].flags[i])
          Model::Code(g.code, [&](auto code) { code.Reset(e, g, m_, i); });
    });
  }

  Grid& grid_;
  const Network& net_;
  const Launch& run_;
  Moment m_{};
  int64_t now_;

 private:
  SPIKESIM_INLINE Way& way() { return *static_cast<Way*>(this); }

  // Links read what other blocks write, so all meet before and after.
  SPIKESIM_DEVICE void Follow() {
    grid_.Sync<kBegun>();
    ForElements(grid_, net_, [&](const Group& g, const Tile&, int32_t i) {
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
    ForElements(grid_, net_, [&](const Group& g, const Tile&, int32_t i) {
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
      ForElements(grid_, net_, [&](const Group& g, const Tile&, int32_t i) {
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

  SPIKESIM_DEVICE void Update() {
    for (int32_t round = 0; round < net_.n_rounds; ++round) {
      Couple(round);
      const bool last = round + 1 == net_.n_rounds;
      ForElements(grid_, net_, [&](const Group& g, const Tile& tile, int32_t i) {
        if (i >= 0) Model::Code(g.code, [&](auto code) { code.Before(round, g, m_, i); });
        if (last && !net_.deliver_first) way().List(g, tile, i);
      });
    }
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
      ForElements(grid_, net_, [&](const Group& g, const Tile&, int32_t i) {
        if (i < 0 || &g != net_.groups + c.group) return;
        Real sum = 0;
        for (int64_t edge = c.row[i]; edge < c.row[i + 1]; ++edge)
          sum = Settled(sum + code.Value(c, m_, edge));
        Put(c, i, sum);
      });
    });
  }

  SPIKESIM_DEVICE void SumPool(const Coupling& c) {
    SPIKESIM_SHARED(grid_, Real, all, 1);
    grid_.SyncBlock<kPooled>();
    if (grid_.Thread() == 0) {
      Real sum = 0;
      for (int64_t edge = 0; edge < c.n_edges; ++edge)
        sum = Settled(sum + static_cast<const Real*>(c.values)[edge]);
      all = sum;
    }
    grid_.SyncBlock<kPooled>();
    ForElements(grid_, net_, [&](const Group& g, const Tile&, int32_t i) {
      if (i < 0 || &g != net_.groups + c.group) return;
      Put(c, i, c.row[i] < c.row[i + 1] ? all : Real(0));
    });
  }

  SPIKESIM_DEVICE void Put(const Coupling& c, int32_t target, Real sum) {
    Real* total = static_cast<Real*>(c.total) + target;
    *total = c.add ? Settled(*total + sum) : sum;
  }
};

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_STEP_CUH_

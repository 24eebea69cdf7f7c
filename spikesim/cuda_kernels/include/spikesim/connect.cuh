// The table of synapses made where it is used: what native/connect.cc makes, by the same rules and
// the same random numbers. Only the order of the synapses of one cell may be another: a part and a
// source, and, where the table is sorted by delay, a delay.
//
// A synapse is never stored but in the table. All draws are counted, so whatever is needed again is
// drawn again:
//
//   Survey  delays that occur, indegrees, how many synapses there are
//   Count   the synapses of each cell, and their sum up to the end of each
//   Place   each synapse takes the last free place of its cell, so that the ends become beginnings
#ifndef SPIKESIM_CUDA_CONNECT_CUH_
#define SPIKESIM_CUDA_CONNECT_CUH_

#include "half.h"
#include "platform.cuh"
#include "wiring.h"

namespace spikesim {

// --- synapses drawn ------------------------------------------------------------------------------

// Positions in the two views, the counters of draws, and the number among those of its projection
// (only where the rule draws by source, and the projection has `begin`).
struct Synapse {
  uint32_t source, target, row, position;
  int64_t number;
};

// take(synapse) for all of a rule that draws sources, each by some thread.
template <typename Take>
SPIKESIM_INLINE void EachCounter(const Grid& grid, uint32_t seed, const Projection& p,
                                 const Take& take) {
  const bool total = p.rule == Projection::kTotal;
  const uint32_t n_source = static_cast<uint32_t>(p.n_source);
  const uint32_t n_target = static_cast<uint32_t>(p.n_target);
  const uint32_t degree = static_cast<uint32_t>(p.number);
  const int64_t end = total ? p.number : p.number * p.n_target;
  for (int64_t i = Rank(grid); i < end; i += Ranks(grid)) {
    const uint32_t k = static_cast<uint32_t>(i);
    Synapse s{0, 0, 0, k, 0};
    if (!total) {
      s.row = k / degree;
      s.position = k % degree;
    }
    const Words words = Threefry(seed, p.stream, s.row, s.position);
    s.target = total ? Integer(words.y, n_target) : s.row;
    const int32_t own = p.own ? p.own[s.target] : -1;
    if (total) {
      s.source = Integer(words.x, n_source);
      if (own == static_cast<int32_t>(s.source)) continue;
    } else {
      s.source = Beside(Integer(words.x, n_source - (own >= 0)), own);
    }
    take(s);
  }
}

// take(synapse) for all of a rule that has its pairs by source. A warp has a source, and draws as
// many candidates at a time as it has lanes.
template <typename Take>
SPIKESIM_INLINE void EachOfSources(const Grid& grid, uint32_t seed, const Projection& p,
                                   const Take& take) {
  const int lane = grid.Thread() % kWarp;
  const uint32_t before = (uint32_t{1} << lane) - 1;  // the lanes before this one
  for (int64_t s = Rank(grid) / kWarp; s < p.n_source; s += Ranks(grid) / kWarp) {
    const uint32_t source = static_cast<uint32_t>(s);
    const int64_t first = p.begin ? p.begin[s] : 0;
    const int64_t listed = p.rule == Projection::kList ? p.begin[s + 1] - first : 0;
    int64_t reached = -1;  // kProbability: the last target so far
    int64_t found = 0;
    bool more = true;
    for (int64_t k = lane; more; k += kWarp) {
      Synapse one{source, 0, source, static_cast<uint32_t>(k), 0};
      int64_t target = k;
      int64_t end = p.n_target;
      bool barred = false;
      switch (p.rule) {
        case Projection::kOutdegree: {
          const int32_t own = p.own ? p.own[s] : -1;
          const uint32_t most = static_cast<uint32_t>(p.n_target - (own >= 0));
          target = Beside(Integer(Threefry(seed, p.stream, source, one.position).x, most), own);
          end = k < p.number ? p.n_target : 0;
          break;
        }
        case Projection::kOne:
          target = s + k;
          end = s + 1;
          break;
        case Projection::kProbability: {
          const Words words = Threefry(seed, p.stream, source, one.position);
          const double most = static_cast<double>(p.n_target);
          const int64_t step = 1 + static_cast<int64_t>(Gap(words.x, words.y, p.scale, most));
          target = reached + ScanWarp(step);
          reached = FromLane(target, kWarp - 1);
          break;
        }
        case Projection::kList:
          if (k < listed) {
            target = p.target[first + k];
            one.row = static_cast<uint32_t>(p.row[first + k]);
            one.position = static_cast<uint32_t>(p.position[first + k]);
          } else {
            end = 0;
          }
          break;
        default:
          break;
      }
      const bool there = target < end;
      one.target = static_cast<uint32_t>(target);
      if (there && p.own && p.rule != Projection::kOutdegree) barred = p.own[target] == s;
      const uint32_t kept = Ballot(there && !barred);
      one.number = first + found + CountBits(kept & before);
      if (there && !barred) take(one);
      found += CountBits(kept);
      more = CountBits(Ballot(there)) == kWarp;
    }
  }
}

template <typename Take>
SPIKESIM_INLINE void EachSynapse(const Grid& grid, const Wiring& net, int64_t k, const Take& take) {
  const Projection& p = net.projections[k];
  if (Scanned(p))
    EachCounter(grid, net.seed, p, take);
  else
    EachOfSources(grid, net.seed, p, take);
}

SPIKESIM_INLINE double Drawn(const Law& law, uint32_t seed, const Synapse& s) {
  if (law.kind == Law::kConstant) return law.a;
  if (law.kind == Law::kGiven) return law.given[s.number];
  const Words words = Threefry(seed, law.stream, s.row, s.position);
  double p = OpenUniform(words.x, words.y);
  if (law.kind == Law::kUniform) return law.a + (law.b - law.a) * p;
  const bool bounded = law.below != 0.0 || law.upto != 1.0;
  if (bounded) p = Inside(p, law.below, law.upto);
  const double z = NormalQuantile(p);
  const double value = law.kind == Law::kNormal ? law.a + law.b * z : law.a * Exp(law.b * z);
  return bounded ? Clipped(value, law.low, law.high) : value;
}

SPIKESIM_INLINE int32_t DelayOf(const Wiring& net, const Projection& p, const Synapse& s) {
  return Steps(Drawn(p.axonal, net.seed, s), net.dt) +
         Steps(Drawn(p.dendritic, net.seed, s), net.dt);
}

SPIKESIM_INLINE double WeightOf(const Wiring& net, const Projection& p, const Synapse& s) {
  double weight = Drawn(p.weight, net.seed, s);
  for (int64_t i = 0; i < p.n_changes; ++i) weight = Changed(p.changes[i], weight);
  return weight;
}

// --- survey --------------------------------------------------------------------------------------

// The layouts of these two are those of the classes of the same names in
// spikesim/backends/cuda/connect.py. All that is counted is zero before.
struct Survey {
  int64_t reach;       // a bound on delays
  uint32_t* seen;      // [reach/32 + 1] bits: which delays there are
  uint32_t* indegree;  // [sum of n_target]
  uint32_t* largest;   // [projections] indegree
  int64_t* synapses;
  uint32_t* fault;     // not 0: a delay is out of range
};

// Delays up to here are noted in a block before they are in the grid: there are few, and many
// synapses have each.
constexpr int kNearBits = 1 << 15;
struct Near {
  uint32_t bits[kNearBits / 32];
};

SPIKESIM_INLINE void MakeSurvey(Grid& grid, const Wiring& net, const Survey& out) {
  SPIKESIM_SHARED(grid, Near, seen_near, 2);
  uint32_t* const near = seen_near.bits;
  for (int i = grid.Thread(); i < kNearBits / 32; i += grid.Threads()) near[i] = 0;
  grid.SyncBlock<kUnseen>();
  int64_t synapses = 0;
  uint32_t* indegree = out.indegree;
  for (int64_t k = 0; k < net.n_projections; ++k) {
    const Projection& p = net.projections[k];
    EachSynapse(grid, net, k, [&](const Synapse& s) {
      const int32_t delay = DelayOf(net, p, s);
      if (delay < 0 || delay >= out.reach) {
        AtomicOr(out.fault, 1);
        return;
      }
      uint32_t* const seen = delay < kNearBits ? near : out.seen;
      const uint32_t bit = uint32_t{1} << delay % 32;
      if (delay >= kNearBits || !(Peek(near + delay / 32) & bit)) AtomicOr(seen + delay / 32, bit);
      AtomicAdd(indegree + s.target, uint32_t{1});
      ++synapses;
    });
    indegree += p.n_target;
  }
  if (synapses) AtomicAdd(out.synapses, synapses);
  grid.Sync<kBuilt>();
  for (int i = grid.Thread(); i < kNearBits / 32; i += grid.Threads())
    if (near[i]) AtomicOr(out.seen + i, near[i]);
  indegree = out.indegree;
  for (int64_t k = 0; k < net.n_projections; ++k) {
    const int64_t n = net.projections[k].n_target;
    uint32_t most = 0;
    for (int64_t t = Rank(grid); t < n; t += Ranks(grid))
      most = indegree[t] > most ? indegree[t] : most;
    if (most) AtomicMax(out.largest + k, most);
    indegree += n;
  }
}

// --- table ---------------------------------------------------------------------------------------

// See spikesim/native/connect.py. Null: not wanted. Either row or segment is there. If n_slots is not 0,
// parts are the blocks of the fast path, row is [sources][parts] and one more, and targets are
// addresses: see Slices in network.cuh.
struct Table {
  int64_t synapses, n_delays, n_slots;
  const int32_t* delay_number;  // [longest + 1] of a delay among those that occur
  int64_t* row;                 // [parts][sources + 1]
  uint32_t* segment;            // [parts][sources][n_delays + 1]
  uint16_t* target;             // [synapses]
  uint16_t* delay;              // [synapses]
  int32_t* number;              // [synapses] of each in the order of the pairs
  void* weight;                 // [synapses]
  int64_t width;                // bytes of a weight: 2, 4 or 8
  uint64_t* largest;            // [projections] bits of |weight|
  int64_t* sums;                // [threads of the grid] for Count
  int64_t* base;                // [sources], what Shorten makes of `row`
  uint16_t* offset;             // [sources][parts + 1], as is this
  uint32_t* fault;              // not 0: a source has too many synapses for it
  const int32_t* part_start;    // [parts] slots, for Settle, as are the next
  const double* constant;       // [slots] by which weights are rounded
  double units;                 // in 1, if weights become whole numbers instead
};

// Where the synapses of a part and a source begin in `row` or `segment`.
SPIKESIM_INLINE int64_t FirstCell(const Wiring& net, const Table& t, int64_t part, int64_t source) {
  return t.n_slots ? source * net.n_parts + part
         : t.row   ? part * (net.n_sources + 1) + source
                   : (part * net.n_sources + source) * (t.n_delays + 1);
}

SPIKESIM_INLINE int64_t Cells(const Wiring& net, const Table& t) {
  return t.n_slots ? net.n_sources * net.n_parts + 1 : FirstCell(net, t, net.n_parts, 0);
}

SPIKESIM_INLINE int64_t CellOf(const Wiring& net, const Table& t, const Projection& p,
                               const Synapse& s, int32_t delay) {
  const int64_t first = FirstCell(net, t, p.place[s.target] >> 16, p.source[s.source]);
  return t.row ? first : first + t.delay_number[delay];
}

// cells[i] becomes the sum of cells[0 ... i]; sums: [warps].
template <typename Cell>
SPIKESIM_INLINE void AddUp(Grid& grid, Cell* cells, int64_t n, int64_t* sums) {
  const int lane = grid.Thread() % kWarp;
  const int64_t warp = Rank(grid) / kWarp, warps = Ranks(grid) / kWarp;
  const int64_t begin = n / warps * warp + n % warps * warp / warps;
  const int64_t end = n / warps * (warp + 1) + n % warps * (warp + 1) / warps;
  int64_t mine = 0, before = 0;
  for (int64_t i = begin + lane; i < end; i += kWarp) mine += cells[i];
  mine = ScanWarp(mine);
  if (lane == kWarp - 1) sums[warp] = mine;
  grid.Sync<kBuilt>();
  for (int64_t w = lane; w < warp; w += kWarp) before += sums[w];
  before = FromLane(ScanWarp(before), kWarp - 1);
  for (int64_t i = begin + lane; i - lane < end; i += kWarp) {
    const int64_t sum = before + ScanWarp(i < end ? static_cast<int64_t>(cells[i]) : 0);
    if (i < end) cells[i] = static_cast<Cell>(sum);
    before = FromLane(sum, kWarp - 1);
  }
}

template <typename Cell>
SPIKESIM_INLINE void CountInto(Grid& grid, const Wiring& net, const Table& t, Cell* cells) {
  const int64_t n = Cells(net, t);
  for (int64_t i = Rank(grid); i < n; i += Ranks(grid)) cells[i] = 0;
  grid.Sync<kBuilt>();
  for (int64_t k = 0; k < net.n_projections; ++k) {
    const Projection& p = net.projections[k];
    EachSynapse(grid, net, k, [&](const Synapse& s) {
      const int32_t delay = t.row ? 0 : DelayOf(net, p, s);
      AtomicAdd(cells + CellOf(net, t, p, s, delay), Cell{1});
    });
  }
  grid.Sync<kBuilt>();
  AddUp(grid, cells, n, t.sums);
}

// Then `row` or `segment` says where each cell ends.
SPIKESIM_INLINE void Count(Grid& grid, const Wiring& net, const Table& t) {
  if (t.row)
    CountInto(grid, net, t, t.row);
  else
    CountInto(grid, net, t, t.segment);
}

SPIKESIM_INLINE void SetWeight(const Table& t, int64_t at, double weight) {
  if (t.width == 8) {
    static_cast<double*>(t.weight)[at] = weight;
    return;
  }
  // As where wider numbers are rounded by a sum: that loses the sign of a zero.
  const float narrow = static_cast<float>(weight + 0.0);
  if (t.width == 2)
    static_cast<Half*>(t.weight)[at] = Half(narrow);
  else
    static_cast<float*>(t.weight)[at] = narrow;
}

// Takes the ends that Count left, and leaves beginnings.
SPIKESIM_INLINE void Place(Grid& grid, const Wiring& net, const Table& t) {
  for (int64_t k = 0; k < net.n_projections; ++k) {
    const Projection& p = net.projections[k];
    double most = 0.0;
    EachSynapse(grid, net, k, [&](const Synapse& s) {
      const int32_t delay = DelayOf(net, p, s);
      const int64_t cell = CellOf(net, t, p, s, delay);
      const int64_t at = t.row ? AtomicAdd(t.row + cell, int64_t{-1}) - 1
                               : int64_t{AtomicAdd(t.segment + cell, ~uint32_t{0})} - 1;
      const double weight = WeightOf(net, p, s), size = Abs(weight);
      most = size > most ? size : most;
      const uint32_t place = p.place[s.target] & 0xFFFF;
      t.target[at] = static_cast<uint16_t>(delay * t.n_slots + place);
      if (t.delay) t.delay[at] = static_cast<uint16_t>(delay);
      if (t.number) t.number[at] = static_cast<int32_t>(s.number);
      if (t.weight) SetWeight(t, at, weight);
    });
    if (most > 0.0) AtomicMax(t.largest + k, ToBits(most));
  }
}

// The bounds of slices in fewer bits.
SPIKESIM_INLINE void Shorten(Grid& grid, const Wiring& net, const Table& t) {
  for (int64_t source = Rank(grid); source < net.n_sources; source += Ranks(grid)) {
    const int64_t* const row = t.row + source * net.n_parts;
    uint16_t* const offset = t.offset + source * (net.n_parts + 1);
    t.base[source] = row[0];
    for (int64_t part = 0; part <= net.n_parts; ++part)
      offset[part] = static_cast<uint16_t>(row[part] - row[0]);
    if (row[net.n_parts] - row[0] > 0xFFFF) AtomicOr(t.fault, 1);
  }
}

// A weight as sums have it: weight = (weight + constant) - constant with the constant of its target's
// slot, or a whole number in place of it.
SPIKESIM_INLINE void SettleOne(const Table& t, int64_t at, int64_t slot) {
  if (t.units == 0) {
    double* const weight = static_cast<double*>(t.weight) + at;
    *weight = (*weight + t.constant[slot]) - t.constant[slot];
    return;
  }
  const double given = t.width == 2 ? static_cast<float>(static_cast<const Half*>(t.weight)[at])
                                    : static_cast<const float*>(t.weight)[at];
  const double whole = given * t.units + (given < 0 ? -0.5 : 0.5);
  if (t.width == 2) static_cast<int16_t*>(t.weight)[at] = static_cast<int16_t>(whole);
  else static_cast<int32_t*>(t.weight)[at] = static_cast<int32_t>(whole);
}

SPIKESIM_INLINE void Settle(Grid& grid, const Wiring& net, const Table& t) {
  if (t.n_slots) {  // a warp has a source
    for (int64_t source = Rank(grid) / kWarp; source < net.n_sources; source += Ranks(grid) / kWarp)
      for (int64_t part = 0; part < net.n_parts; ++part) {
        const uint16_t* const offset = t.offset + source * (net.n_parts + 1) + part;
        const int64_t end = t.base[source] + offset[1];
        for (int64_t k = t.base[source] + offset[0] + grid.Lane(); k < end; k += kWarp)
          SettleOne(t, k, part * t.n_slots + t.target[k] % t.n_slots);
      }
    return;
  }
  auto begin = [&](int64_t part) -> int64_t {
    if (part == net.n_parts) return t.synapses;
    const int64_t cell = FirstCell(net, t, part, 0);
    return t.row ? t.row[cell] : t.segment[cell];
  };
  for (int64_t part = 0; part < net.n_parts && t.synapses; ++part) {
    const int64_t end = begin(part + 1);
    for (int64_t i = begin(part) + Rank(grid); i < end; i += Ranks(grid))
      SettleOne(t, i, t.part_start[part] + t.target[i]);
  }
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_CONNECT_CUH_

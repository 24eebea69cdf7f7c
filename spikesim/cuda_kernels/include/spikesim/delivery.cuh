// Spikes on their way: those of a step are sent to where they arrive.
//
// What a spike has to do is a range of synapses for each part of the slots. The ranges of a step
// are laid end to end, and cut into equal shares for the threads of all blocks, so that few spikes
// with many synapses keep as many threads busy as many spikes with few.
#ifndef SPIKESIM_CUDA_DELIVERY_CUH_
#define SPIKESIM_CUDA_DELIVERY_CUH_

#include "draws.cuh"
#include "half.h"
#include "network.cuh"

namespace spikesim {

// Ranges that are laid end to end at a time.
constexpr int kRanges = 512;

struct Ranges {
  int64_t begin[kRanges];      // of synapses
  int64_t end[kRanges];        // where the range ends among all
  int32_t source[kRanges];
  int32_t part[kRanges];
};

// The block's own, for whoever lays ranges end to end.
SPIKESIM_INLINE Ranges& RangesOf(const Grid& grid) {
  SPIKESIM_SHARED(grid, Ranges, ranges, 0);
  return ranges;
}

// Numbers of the accumulators. Whole ones give the same sum in any order.
SPIKESIM_INLINE double AsSum(double weight, const double*, double) { return weight; }
SPIKESIM_INLINE float AsSum(double weight, const double*, float) {
  return static_cast<float>(weight);
}
SPIKESIM_INLINE int64_t AsSum(double weight, const double* unit, int64_t) {
  const double scaled = weight * unit[1];
  return static_cast<int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
}
template <typename Real>
SPIKESIM_INLINE Real AsReal(Real sum, const double*) {
  return sum;
}
template <typename Real>
SPIKESIM_INLINE Real AsReal(int64_t sum, const double* unit) {
  return static_cast<Real>(static_cast<double>(sum) * *unit);
}

SPIKESIM_INLINE double WeightAt(const void* weight, int32_t width, int64_t k) {
  if (width == 2) return static_cast<float>(static_cast<const Half*>(weight)[k]);
  if (width == 4) return Fixed(static_cast<const float*>(weight) + k);
  return Fixed(static_cast<const double*>(weight) + k);
}

// Is a spike transmitted, that was found in step `found`?
SPIKESIM_INLINE bool Released(const Table& t, int64_t synapse, uint32_t seed, int64_t found) {
  if (!t.number) return true;
  const Moment m{0.0, static_cast<int32_t>(found), seed};
  const int32_t number = t.number[synapse];
  return DrawUniform(m, t.stream, number) < t.release[t.release_each ? number : 0];
}

// visit(synapse, source, part) for all synapses of the sources in `list`. bounds(source, part)
// gives their range.
template <typename Bounds, typename Visit>
SPIKESIM_DEVICE void ForSynapses(Grid& grid, const int32_t* list, int64_t n, int64_t n_parts,
                                 const Bounds& bounds, const Visit& visit) {
  Ranges& r = RangesOf(grid);
  const int64_t all = n * n_parts;
  for (int64_t first = 0; first < all; first += kRanges) {
    const int here = static_cast<int>(all - first < kRanges ? all - first : kRanges);
    grid.SyncBlock<kTaken>();  // all are done with the ranges before
    for (int k = grid.Thread(); k < here; k += grid.Threads()) {
      const int64_t item = first + k;
      const int32_t part = static_cast<int32_t>(item / n);
      const int32_t source = list[item - part * n];
      int64_t begin, end;
      bounds(source, part, begin, end);
      r.begin[k] = begin;
      r.end[k] = end - begin;
      r.source[k] = source;
      r.part[k] = part;
    }
    grid.SyncBlock<kRanged>();
    if (grid.Thread() < kWarp) {
      int64_t before = 0;
      for (int base = 0; base < here; base += kWarp) {
        const int k = base + grid.Thread();
        const int64_t sum = before + ScanWarp(k < here ? r.end[k] : 0);
        if (k < here) r.end[k] = sum;
        before = FromLane(sum, kWarp - 1);
      }
    }
    grid.SyncBlock<kLaid>();
    // A warp takes neighbours, so that it reads them together; warps of all blocks take turns.
    const int64_t total = r.end[here - 1];
    for (int64_t k = Rank(grid); k < total; k += Ranks(grid)) {
      int low = 0, high = here - 1;
      while (low < high) {
        const int middle = (low + high) / 2;
        if (r.end[middle] > k) high = middle;
        else low = middle + 1;
      }
      const int64_t before = low ? r.end[low - 1] : 0;
      visit(r.begin[low] + (k - before), r.source[low], r.part[low]);
    }
  }
}

// Sends the spikes that were found in step `found` to the ring; of those, what arrives in step
// `from` or later.
template <typename Sum>
SPIKESIM_DEVICE void Send(Grid& grid, const Network& net, const Table& t, uint32_t seed,
                          int64_t found, int64_t from) {
  if (found < 0) return;
  const int64_t in_log = found % net.rows, now = found % net.ring_rows;
  Sum* ring = static_cast<Sum*>(net.ring);
  ForSynapses(
      grid, net.log + in_log * net.n_sources, net.count[in_log], net.n_parts,
      [&](int32_t source, int32_t part, int64_t& begin, int64_t& end) {
        const int64_t* row = t.row + part * (net.n_sources + 1) + source;
        begin = Fixed(row);
        end = Fixed(row + 1);
      },
      [&](int64_t synapse, int32_t source, int32_t part) {
        const int64_t delay = Fixed(t.delay + synapse);
        if (found + delay < from || !Released(t, synapse, seed, found)) return;
        const int64_t slot = Fixed(net.part_start + part) + Fixed(t.target + synapse);
        int64_t row = now + delay;
        row -= row >= net.ring_rows ? net.ring_rows : 0;
        const double weight = WeightAt(t.weight, t.width, t.shared ? source : synapse);
        AtomicAdd(ring + row * net.n_slots + slot, AsSum(weight, net.unit + 2 * slot, Sum()));
      });
}

// Adds up what arrives in step `due`, of spikes found up to step `found`.
template <typename Sum>
SPIKESIM_DEVICE void Gather(Grid& grid, const Network& net, const Table& t, int64_t found,
                            int64_t due) {
  Sum* arrived = static_cast<Sum*>(net.arrived) + (due & 1) * net.n_slots;
  for (int64_t d = 0; d < t.n_delays; ++d) {
    const int64_t step = due - t.delays[d];
    if (step < 0 || step > found) continue;
    const int64_t in_log = step % net.rows;
    ForSynapses(
        grid, net.log + in_log * net.n_sources, net.count[in_log], net.n_parts,
        [&](int32_t source, int32_t part, int64_t& begin, int64_t& end) {
          const uint32_t* bound =
              t.segment + (part * net.n_sources + source) * (t.n_delays + 1) + d;
          begin = Fixed(bound);
          end = Fixed(bound + 1);
        },
        [&](int64_t synapse, int32_t source, int32_t part) {
          const int64_t slot = Fixed(net.part_start + part) + Fixed(t.target + synapse);
          const double weight = WeightAt(t.weight, t.width, t.shared ? source : synapse);
          AtomicAdd(arrived + slot, AsSum(weight, net.unit + 2 * slot, Sum()));
        });
  }
}

// All that is to be sent between the steps. found: the latest step whose events are known; due: the
// step whose arrivals are wanted next.
template <typename Sum>
SPIKESIM_DEVICE void Deliver(Grid& grid, const Network& net, uint32_t seed, int64_t found,
                             int64_t due) {
  for (int64_t k = 0; k < net.n_tables; ++k) {
    const Table& t = net.tables[k];
    if (t.segment) Gather<Sum>(grid, net, t, found, due);
    else Send<Sum>(grid, net, t, seed, found, 0);
  }
}

// What arrives at a slot in step `now`; then it is gone.
template <typename Real, typename Sum>
SPIKESIM_INLINE Real Arriving(const Network& net, int64_t slot, int, int64_t now) {
  Sum sum = 0;
  if (net.arrived) {
    Sum* at = static_cast<Sum*>(net.arrived) + (now & 1) * net.n_slots + slot;
    sum = *at;
    *at = 0;
  }
  if (net.ring) {
    Sum* at = static_cast<Sum*>(net.ring) + (now % net.ring_rows) * net.n_slots + slot;
    sum += *at;
    *at = 0;
  }
  if (net.transmitted) {
    Sum* at =
        static_cast<Sum*>(net.transmitted) + (now % net.transmitted_rows) * net.n_slots + slot;
    sum += *at;
    *at = 0;
  }
  return AsReal<Real>(sum, net.unit + 2 * slot);
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_DELIVERY_CUH_

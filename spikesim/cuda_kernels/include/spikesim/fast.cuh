// The fast path. A block keeps the sums of what arrives at its elements in its shared memory, and adds
// to them itself what spikes of any block send there. So nothing but spikes goes from block to block,
// and a barrier carries them: each block publishes a word with the number of the exchange and its
// spikes, and reads those of all others.
//
// A spike of step n with a delay of d steps is wanted when arrivals of step n + d are taken. In the
// standard order they are taken after the spikes of that step were found, so that one exchange may
// serve d + 1 steps, with the shortest d; where spikes are delivered first, d steps.
//
// Of a spike a warp adds the slice of synapses that lie in its block. What is listed of a spike has 16
// bits: its place among the sources of the block, and the step. A word holds six; more are read from
// the list.
#ifndef SPIKESIM_CUDA_FAST_CUH_
#define SPIKESIM_CUDA_FAST_CUH_

#include "half.h"
#include "step.cuh"

namespace spikesim {

constexpr uint32_t kCarried = 6;  // spikes in a word

// What the threads of a block share, besides sums.
struct Board {
  uint32_t recorded;  // spikes of all blocks in this launch
  int32_t count[2];   // spikes listed for this exchange and the next, by its parity
  uint16_t first[2][kCarried];
};
constexpr int64_t kBoardBytes = 64;

SPIKESIM_INLINE int32_t Weight(const Slices& s, int64_t k, int32_t) {
  if (s.width == 2) return Fixed(static_cast<const int16_t*>(s.weight) + k);
  return Fixed(static_cast<const int32_t*>(s.weight) + k);
}
SPIKESIM_INLINE double Weight(const Slices& s, int64_t k, double) {
  if (s.width == 2) return static_cast<float>(static_cast<const Half*>(s.weight)[k]);
  if (s.width == 4) return Fixed(static_cast<const float*>(s.weight) + k);
  return Fixed(static_cast<const double*>(s.weight) + k);
}

// Where the sums of an element start; those of its other ports are kTile further each.
template <typename Sum>
struct Own {
  Sum* at;
  double unit;
};

template <typename Real>
SPIKESIM_INLINE Real InUnits(int32_t sum, double unit) {
  return static_cast<Real>(sum) * static_cast<Real>(unit);
}
template <typename Real>
SPIKESIM_INLINE Real InUnits(double sum, double) {
  return sum;
}

// What arrives at a port; then it is gone.
template <typename Real, typename Sum>
SPIKESIM_INLINE Real Arriving(const Own<Sum>& own, int64_t, int port, int64_t) {
  Sum* at = own.at + port * kTile;
  const Sum sum = *at;
  *at = 0;
  return InUnits<Real>(sum, own.unit);
}

template <typename Model>
class Fast : public Phases<Model, Fast<Model>> {
  using Base = Phases<Model, Fast<Model>>;
  using typename Base::Sum;
  using Base::grid_, Base::net_, Base::run_, Base::now_;
  friend Base;

 public:
  SPIKESIM_DEVICE Fast(Grid& grid, const Network& net, const Launch& run)
      : Base(grid, net, run),
        x_(*net.exchange),
        board_(static_cast<Board*>(grid.Shared())),
        ring_(reinterpret_cast<Sum*>(static_cast<uint8_t*>(grid.Shared()) + kBoardBytes)),
        exchange_(run.exchange) {}

  SPIKESIM_DEVICE void Steps() {
    const int64_t end = run_.first + run_.count;
    Start();
    while (now_ < end && HasRoom()) {
      since_ = now_;
      since_row_ = static_cast<uint32_t>(now_ % net_.ring_rows);
      const int64_t stop = end - now_ < x_.interval ? end : now_ + x_.interval;
      for (; now_ < stop; ++now_) {
        this->Advance();
        if (!net_.deliver_first && now_ + 1 == stop) Meet();
        this->Finish();
      }
      if (net_.deliver_first) Meet();
    }
    Save();
    if (Rank(grid_) == 0) run_.done[0] = now_ - run_.first;
  }

 private:
  SPIKESIM_INLINE Own<Sum> From(const Tile& tile, int32_t i) const {
    uint32_t row = since_row_ + static_cast<uint32_t>(now_ - since_);
    row -= row >= net_.ring_rows ? static_cast<uint32_t>(net_.ring_rows) : 0;
    return {ring_ + row * x_.n_slots + tile.slot + (i - tile.first), x_.unit};
  }

  // Sums are as the launch before left them, or made anew from the log, with the present weights,
  // but without what has arrived.
  SPIKESIM_DEVICE void Start() {
    if (grid_.Thread() == 0) *board_ = {};
    if (!run_.again) {
      ForSums([](Sum& own, Sum& kept) { own = kept; });
      grid_.template SyncBlock<kLoaded>();
      return;
    }
    for (int64_t k = grid_.Thread(); k < net_.ring_rows * x_.n_slots; k += grid_.Threads())
      ring_[k] = 0;
    grid_.template SyncBlock<kCleared>();
    const int64_t oldest = now_ - net_.ring_rows < 0 ? 0 : now_ - net_.ring_rows;
    for (int64_t found = oldest; found < now_; ++found) {
      const int64_t row = found % net_.rows, n = net_.count[row];
      for (int64_t k = Warp(); k < n; k += Warps())
        Send(net_.log[row * net_.n_sources + k], static_cast<uint32_t>(found % net_.ring_rows),
             now_ - found);
    }
    grid_.template SyncBlock<kLoaded>();
  }

  // Notes the events of an element.
  SPIKESIM_DEVICE void List(const Group& g, const Tile& tile, int32_t i) {
    const int parity = (exchange_ + 1) & 1;
    uint16_t* const list = ListOf(exchange_ + 1, grid_.Block());
    int32_t place = tile.place;
    for (int64_t e = 0; e < g.n_events; ++e) {
      if (g.events[e].first_source < 0) continue;
      const bool yes = i >= 0 && g.events[e].flags[i];
      const int64_t at = Claim(grid_, yes, board_->count + parity);
      if (yes) {
        const int32_t who = place * kTile + (i - tile.first);
        const int32_t entry = who << x_.shift | static_cast<int32_t>(now_ - since_);
        list[at] = static_cast<uint16_t>(entry);
        if (at < kCarried) board_->first[parity][at] = static_cast<uint16_t>(entry);
      }
      ++place;
    }
  }

  // All blocks tell each other their spikes since the last time, and add what these send.
  SPIKESIM_DEVICE void Meet() {
    grid_.template SyncBlock<kListed>();  // all spikes of the block are listed
    ++exchange_;
    const int parity = exchange_ & 1;
    const uint32_t n = static_cast<uint32_t>(board_->count[parity]);
    if (grid_.Thread() == 0) {
      if (n > kCarried) Fence();
      Word* const mine = x_.words + parity * grid_.Blocks() + grid_.Block();
      Publish(mine, Told(n, board_->first[parity]));
      x_.count[exchange_ % x_.n_kept * grid_.Blocks() + grid_.Block()] = static_cast<int32_t>(n);
      board_->count[!parity] = 0;
    }
    // The last warp has the fewest words to wait for.
    if (n && run_.spike_step && Warp() == Warps() - 1) Record(n);
    Hear(parity);
    grid_.template SyncBlock<kAdded>();  // all is added up
  }

  SPIKESIM_INLINE Word Told(uint32_t n, const uint16_t* first) const {
    uint64_t entry[kCarried];
    for (uint32_t k = 0; k < kCarried; ++k) entry[k] = k < n ? first[k] : 0;
    return {static_cast<uint16_t>(exchange_) | uint64_t{n} << 16 | entry[0] << 32 | entry[1] << 48,
            entry[2] | entry[3] << 16 | entry[4] << 32 | entry[5] << 48};
  }

  // Each warp waits for the words of some blocks, and adds the spikes of one as soon as it is there.
  SPIKESIM_DEVICE void Hear(int parity) {
    const int each = (grid_.Blocks() + Warps() - 1) / Warps();
    const int last = (Warp() + 1) * each;
    const int end = last < grid_.Blocks() ? last : grid_.Blocks();
    for (int first = Warp() * each; first < end; first += kWarp) {
      const int block = first + grid_.Lane();
      const Word* at = x_.words + parity * grid_.Blocks() + block;
      bool waiting = block < end;
      Word w{0, 0};
      do {
        uint32_t n = 0;
        if (waiting) {
          w = Look(at);
          waiting = SPIKESIM_WITHOUT_BARRIER != kHeard &&
                    static_cast<uint16_t>(w.low) != static_cast<uint16_t>(exchange_);
          if (!waiting) n = static_cast<uint16_t>(w.low >> 16);
        }
        if (n && run_.spike_step) AtomicAdd(&board_->recorded, n);
        for (uint32_t who = Ballot(n > 0); who; who &= who - 1) {
          const int lane = FirstBit(who);
          Take(first + lane, static_cast<uint32_t>(FromLane(n, lane)),
               static_cast<uint64_t>(FromLane(static_cast<int64_t>(w.low), lane)),
               static_cast<uint64_t>(FromLane(static_cast<int64_t>(w.high), lane)));
        }
        if (waiting) Pause();
      } while (Ballot(waiting));
    }
  }

  // Adds what the n spikes of a block send, which its word tells or its list. By a whole warp.
  SPIKESIM_DEVICE void Take(int block, uint32_t n, uint64_t low, uint64_t high) {
    const uint16_t* const list = ListOf(exchange_, block);
    if (n > kCarried) {
      SyncWarp();
      Fence();
    }
    for (uint32_t k = 0; k < n; ++k) {
      const uint32_t entry = n > kCarried ? Fresh(list + k)
                             : k < 2      ? static_cast<uint16_t>(low >> (32 + 16 * k))
                                          : static_cast<uint16_t>(high >> 16 * (k - 2));
      uint32_t row = since_row_ + StepOf(entry);
      row -= row >= net_.ring_rows ? static_cast<uint32_t>(net_.ring_rows) : 0;
      Send(SourceOf(block, entry), row, 0);
    }
  }

  // Adds what the spike of a source sends to this block, of what arrives after `from` steps or more.
  // row: of the sums for the step in which it was found. By a whole warp.
  SPIKESIM_DEVICE void Send(int32_t source, uint32_t row, int64_t from) {
    const uint32_t n_slots = static_cast<uint32_t>(x_.n_slots);
    const uint32_t size = static_cast<uint32_t>(net_.ring_rows) * n_slots, cursor = row * n_slots;
    const uint32_t least = static_cast<uint32_t>(from) * n_slots;
    for (int64_t j = 0; j < x_.n_slices; ++j) {
      const Slices& s = x_.slices[j];
      const int64_t base = Fixed(s.base + source);
      const uint16_t* const offset = s.offset + int64_t{source} * (grid_.Blocks() + 1) + grid_.Block();
      const int64_t end = base + Fixed(offset + 1);
      for (int64_t k = base + Fixed(offset) + grid_.Lane(); k < end; k += kWarp) {
        const uint32_t address = Fixed(s.address + k);
        if (address < least) continue;
        uint32_t at = cursor + address;
        at -= at >= size ? size : 0;
        AddShared(ring_ + at, Weight(s, s.shared ? source : k, Sum()));
      }
    }
  }

  // Of this block, by its last warp.
  SPIKESIM_DEVICE void Record(uint32_t n) {
    const uint16_t* const list = ListOf(exchange_, grid_.Block());
    int64_t at = grid_.Lane() ? 0 : AtomicAdd(run_.done + 1, int64_t{n});
    at = FromLane(at, 0);
    for (uint32_t k = grid_.Lane(); k < n; k += kWarp) {
      run_.spike_step[at + k] = static_cast<int32_t>(since_ + StepOf(list[k]));
      run_.spike_source[at + k] = SourceOf(grid_.Block(), list[k]);
    }
  }

  // For the steps up to the next exchange. The same for all threads.
  SPIKESIM_DEVICE bool HasRoom() const {
    return !run_.spike_step || board_->recorded + x_.interval * net_.n_sources <= run_.room;
  }

  // Leaves the sums, and the spikes of the last steps in the log, for the next launch.
  SPIKESIM_DEVICE void Save() {
    ForSums([](Sum& own, Sum& kept) { kept = own; });
    const int64_t past = now_ - net_.rows, oldest = past > run_.first ? past : run_.first;
    for (int64_t step = oldest + Rank(grid_); step < now_; step += Ranks(grid_))
      net_.count[step % net_.rows] = 0;
    grid_.template Sync<kEnd>();
    const int64_t gone = exchange_ - x_.n_kept;
    for (int64_t e = 1 + (gone > run_.exchange ? gone : run_.exchange); e <= exchange_; ++e) {
      const int32_t n = x_.count[e % x_.n_kept * grid_.Blocks() + grid_.Block()];
      const uint16_t* const list = ListOf(e, grid_.Block());
      for (int32_t k = grid_.Thread(); k < n; k += grid_.Threads()) {
        const int64_t step = run_.first + (e - 1 - run_.exchange) * x_.interval + StepOf(list[k]);
        if (step < oldest) continue;
        const int64_t row = step % net_.rows;
        const int64_t at = AtomicAdd(net_.count + row, 1);
        net_.log[row * net_.n_sources + at] = SourceOf(grid_.Block(), list[k]);
      }
    }
  }

  // body(sum here, the same in global memory) for all sums of the block.
  template <typename Body>
  SPIKESIM_DEVICE void ForSums(const Body& body) {
    Sum* const ring = static_cast<Sum*>(net_.ring);
    ForElements(grid_, net_, [&](const Group& g, const Tile& tile, int32_t i) {
      for (int64_t port = 0; i >= 0 && port < g.n_ports; ++port)
        for (int64_t row = 0; row < net_.ring_rows; ++row)
          body(ring_[row * x_.n_slots + tile.slot + port * kTile + (i - tile.first)],
               ring[row * net_.n_slots + g.slot[port] + i]);
    });
  }

  SPIKESIM_INLINE int Warp() const { return grid_.Thread() / kWarp; }
  SPIKESIM_INLINE int Warps() const { return grid_.Threads() / kWarp; }
  SPIKESIM_INLINE uint16_t* ListOf(int64_t exchange, int block) const {
    return x_.list + (exchange % x_.n_kept * grid_.Blocks() + block) * x_.n_listed;
  }
  SPIKESIM_INLINE uint32_t StepOf(uint32_t entry) const { return entry & ((1u << x_.shift) - 1u); }
  SPIKESIM_INLINE int32_t SourceOf(int block, uint32_t entry) const {
    const uint32_t who = entry >> x_.shift;
    return Fixed(x_.source + who / kTile * grid_.Blocks() + block) + static_cast<int32_t>(who % kTile);
  }

  const Exchange& x_;
  Board* const board_;
  Sum* const ring_;
  int64_t exchange_, since_ = 0;
  uint32_t since_row_ = 0;
};

template <typename Model>
SPIKESIM_DEVICE void RunFast(Grid& grid, const Network& net, const Launch& run) {
  Fast<Model>(grid, net, run).Steps();
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_FAST_CUH_

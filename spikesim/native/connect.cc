// The table of synapses, straight from the rules, as the NumPy passes (draw, delays, layout) and
// then the sort by (part, source, delay) would make it.
//
// A synapse is never stored but in the table. All draws are counted, so whatever is needed twice is
// drawn twice:
//
//   survey  draws pairs and delays once, and counts: synapses of each part and source, delays that
//           occur, indegrees
//   fill    takes the sources in buckets of some 10^5 synapses, draws the synapses of a bucket in
//           the order of the rules, sorts them in the cache and writes them to their places
//
// Some rules draw the source too, so the synapses of a bucket lie anywhere among all. For these,
// the counters of every bucket are listed first, 4 bytes a synapse, for some 10^8 synapses at a
// time. Every synapse has its place before anything is written, so the number of threads changes
// nothing.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "export.h"
#include "half.h"
#include "parallel.h"
#include "rules.h"

namespace spikesim {
namespace {

constexpr int64_t kBucket = int64_t{1} << 17;         // synapses sorted together
constexpr int64_t kLargestSort = int64_t{1} << 18;    // counters of a sort
constexpr int64_t kListed = int64_t{100} * 1000 * 1000;  // counters listed at a time

// --- survey --------------------------------------------------------------------------------------

struct Survey {
  std::vector<uint32_t> counts, indegree;
  std::vector<uint8_t> seen;
};

// counts [parts][sources]; seen [n_seen]: which delays there are; indegree [projections]: the
// largest. A delay beyond n_seen is an error of the caller.
bool Survey_(const Wiring& net, uint32_t* counts, uint8_t* seen, int64_t n_seen,
             uint32_t* indegree) {
  const int64_t cells = net.n_parts * net.n_sources;
  std::vector<Survey> found(std::max(1, net.threads));
  std::atomic<bool> good{true};
  for (Survey& s : found) {
    s.counts.resize(cells);
    s.seen.resize(n_seen);
  }
  for (int64_t k = 0; k < net.n_projections; ++k) {
    const Projection& p = net.projections[k];
    for (Survey& s : found) s.indegree.assign(p.n_target, 0);
    const std::vector<Chunk> chunks = Chunks(net, k);
    Parallel(net.threads, chunks.size(), [&](int thread, int64_t item) {
      Survey& mine = found[thread];
      Batch batch;
      int32_t delay[kBlock];
      FromChunk(net, chunks[item], batch, [&](const Batch& b) {
        Delays(net, p, b, delay);
        for (int i = 0; i < b.n; ++i) {
          if (delay[i] < 0 || delay[i] >= n_seen) {
            good = false;
            continue;
          }
          mine.seen[delay[i]] = 1;
          ++mine.counts[(p.place[b.target[i]] >> 16) * net.n_sources + p.source[b.source[i]]];
          ++mine.indegree[b.target[i]];
        }
      });
    });
    uint32_t most = 0;
    for (int64_t t = 0; t < p.n_target; ++t) {
      uint32_t sum = 0;
      for (const Survey& s : found) sum += s.indegree[t];
      most = std::max(most, sum);
    }
    indegree[k] = most;
  }
  std::fill(counts, counts + cells, 0u);
  std::fill(seen, seen + n_seen, uint8_t{0});
  for (const Survey& s : found) {
    for (int64_t i = 0; i < cells; ++i) counts[i] += s.counts[i];
    for (int64_t i = 0; i < n_seen; ++i) seen[i] |= s.seen[i];
  }
  return good;
}

// --- fill ----------------------------------------------------------------------------------------

// What is to be made: see spikesim/native/connect.py. Null: not wanted.
struct Table {
  const uint32_t* counts;  // [parts][sources]
  const int32_t* delays;   // [n_delays]
  int64_t n_delays;
  uint32_t* segment;       // [parts][sources][n_delays + 1]
  uint16_t* target;        // [synapses]
  uint16_t* delay;         // [synapses]
  void* weight;            // [synapses]
  int32_t width;           // bytes of a weight: 2, 4 or 8
  double* largest;         // [projections] |weight|
};

struct Bucket {
  int64_t begin, end;  // sources
  int64_t synapses;
};

std::vector<Bucket> Buckets(const Wiring& net, const Table& table) {
  const int64_t widest =
      std::max<int64_t>(1, kLargestSort / std::max<int64_t>(1, net.n_parts * table.n_delays));
  std::vector<Bucket> buckets;
  for (int64_t s = 0; s < net.n_sources; ++s) {
    int64_t mine = 0;
    for (int64_t part = 0; part < net.n_parts; ++part)
      mine += table.counts[part * net.n_sources + s];
    if (buckets.empty() || s - buckets.back().begin >= widest ||
        buckets.back().synapses + mine > kBucket)
      buckets.push_back({s, s, 0});
    buckets.back().end = s + 1;
    buckets.back().synapses += mine;
  }
  return buckets;
}

// Does the projection have a source in [begin, end)? Gives the range of by_source that has them.
std::pair<int64_t, int64_t> Within(const Projection& p, int64_t begin, int64_t end) {
  auto below = [&p](int32_t position, int64_t source) { return p.source[position] < source; };
  const int32_t* last = p.by_source + p.n_source;
  return {std::lower_bound(p.by_source, last, begin, below) - p.by_source,
          std::lower_bound(p.by_source, last, end, below) - p.by_source};
}

// The counters of the synapses of each bucket, for the rules that draw sources.
class Lists {
 public:
  // Of the buckets [first, last). `memory` is used again and again: new pages cost time.
  Lists(const Wiring& net, const std::vector<Bucket>& buckets, int64_t first, int64_t last,
        std::vector<uint32_t>& memory)
      : net_(net), first_(first), n_(last - first), of_(net.n_sources), list_(memory) {
    for (int64_t b = first; b < last; ++b)
      for (int64_t s = buckets[b].begin; s < buckets[b].end; ++s) of_[s] = 1 + b - first;
    const int64_t begin = buckets[first].begin, end = buckets[last - 1].end;
    for (int64_t k = 0; k < net.n_projections; ++k) {
      start_.push_back(chunks_.size());
      const auto range = Within(net.projections[k], begin, end);
      if (!Scanned(net.projections[k]) || range.first == range.second) continue;
      const std::vector<Chunk> mine = Chunks(net, k);
      chunks_.insert(chunks_.end(), mine.begin(), mine.end());
    }
    start_.push_back(chunks_.size());
    Count();
    Fill();
  }

  // The counters of a bucket's synapses of projection k, in order: [begin, end).
  std::pair<const uint32_t*, const uint32_t*> Of(int64_t bucket, int64_t k) const {
    const int64_t row = (bucket - first_) * static_cast<int64_t>(chunks_.size());
    return {list_.data() + at_[row + start_[k]], list_.data() + at_[row + start_[k + 1]]};
  }

 private:
  // Column 0 takes the synapses of sources outside.
  template <typename Take>
  void Each(int64_t item, const Take& take) const {
    Batch batch;
    const int32_t* source = net_.projections[chunks_[item].projection].source;
    const bool indegree = net_.projections[chunks_[item].projection].rule == Projection::kIndegree;
    const uint32_t degree =
        static_cast<uint32_t>(net_.projections[chunks_[item].projection].number);
    FromChunk(net_, chunks_[item], batch, [&](const Batch& b) {
      for (int i = 0; i < b.n; ++i)
        take(of_[source[b.source[i]]],
             indegree ? b.row[i] * degree + b.position[i] : b.position[i]);
    });
  }

  void Count() {
    const int64_t chunks = chunks_.size();
    at_.assign(n_ * chunks + 1, 0);
    Parallel(net_.threads, chunks, [&](int, int64_t item) {
      std::vector<uint32_t> count(n_ + 1);
      Each(item, [&](uint32_t bucket, uint32_t) { ++count[bucket]; });
      for (int64_t b = 0; b < n_; ++b) at_[b * chunks + item] = count[b + 1];
    });
    uint64_t sum = 0;
    for (uint64_t& at : at_) {
      const uint64_t mine = at;
      at = sum;
      sum += mine;
    }
    if (list_.size() < sum + 1) list_.resize(sum + 1);
  }

  void Fill() {
    const int64_t chunks = chunks_.size();
    Parallel(net_.threads, chunks, [&](int, int64_t item) {
      std::vector<uint32_t*> to(n_ + 1);
      // What is outside is written over and over to one place.
      uint32_t outside;
      for (int64_t b = 0; b < n_; ++b) to[b + 1] = list_.data() + at_[b * chunks + item];
      Each(item, [&](uint32_t bucket, uint32_t k) {
        uint32_t*& here = to[bucket];
        *(bucket ? here : &outside) = k;
        here += bucket != 0;
      });
    });
  }

  const Wiring& net_;
  int64_t first_, n_;
  std::vector<uint32_t> of_;  // [sources] 1 + bucket, 0 outside
  std::vector<Chunk> chunks_;
  std::vector<int64_t> start_;  // [projections + 1] first chunk
  std::vector<uint64_t> at_;    // [buckets][chunks] where in the list
  std::vector<uint32_t>& list_;
};

template <typename Real>
struct Rounded {
  static Real Of(double w) { return static_cast<Real>(w); }
};
template <>
struct Rounded<Half> {
  static Half Of(double w) { return Half(static_cast<float>(w)); }
};

// What a thread needs to sort a bucket.
template <typename Real>
struct Scratch {
  std::vector<uint32_t> key, count;
  std::vector<uint16_t> target;
  std::vector<Real> weight;
  std::vector<double> largest;
};

template <typename Real>
class Filler {
 public:
  Filler(const Wiring& net, const Table& table)
      : net_(net), table_(table), index_(1), scratch_(std::max(1, net.threads)) {
    for (int64_t d = 0; d < table.n_delays; ++d) {
      index_.resize(table.delays[d] + 1);
      index_[table.delays[d]] = static_cast<uint32_t>(d);
    }
    begin_.resize(net.n_parts * net.n_sources + 1);
    for (size_t i = 0; i + 1 < begin_.size(); ++i) begin_[i + 1] = begin_[i] + table.counts[i];
    for (auto& s : scratch_) s.largest.resize(net.n_projections);
  }

  void Run() {
    const std::vector<Bucket> buckets = Buckets(net_, table_);
    const int64_t n = buckets.size();
    std::vector<uint32_t> memory;
    for (int64_t first = 0, last; first < n; first = last) {
      int64_t listed = 0;
      for (last = first; last < n && (last == first || listed < kListed); ++last)
        listed += buckets[last].synapses;
      const Lists lists(net_, buckets, first, last, memory);
      Parallel(net_.threads, last - first, [&](int thread, int64_t item) {
        Fill(buckets[first + item], first + item, lists, scratch_[thread]);
      });
    }
    for (int64_t k = 0; k < net_.n_projections; ++k) {
      double most = 0.0;
      for (const auto& s : scratch_) most = std::max(most, s.largest[k]);
      table_.largest[k] = most;
    }
  }

 private:
  void Fill(const Bucket& bucket, int64_t number, const Lists& lists, Scratch<Real>& s) const {
    const uint32_t sources = static_cast<uint32_t>(bucket.end - bucket.begin);
    const uint32_t delays = static_cast<uint32_t>(table_.n_delays);
    s.count.assign(net_.n_parts * sources * delays, 0);
    s.key.resize(bucket.synapses);
    s.target.resize(bucket.synapses);
    s.weight.resize(bucket.synapses);
    int64_t at = 0;
    Batch batch;
    for (int64_t k = 0; k < net_.n_projections; ++k) {
      const Projection& p = net_.projections[k];
      auto take = [&](const Batch& b) {
        int32_t delay[kBlock];
        double weight[kBlock];
        Delays(net_, p, b, delay);
        Weights(net_, p, b, weight);
        double most = s.largest[k];
        for (int i = 0; i < b.n; ++i) most = std::max(most, std::fabs(weight[i]));
        s.largest[k] = most;
        for (int i = 0; i < b.n; ++i) {
          const uint32_t place = p.place[b.target[i]];
          const uint32_t source = p.source[b.source[i]] - static_cast<uint32_t>(bucket.begin);
          const uint32_t key = ((place >> 16) * sources + source) * delays + index_[delay[i]];
          ++s.count[key];
          s.key[at + i] = key;
          s.target[at + i] = static_cast<uint16_t>(place);
          // With wider numbers the sum is taken later: see Round. It loses the sign of a zero.
          const double w = sizeof(Real) == 8 ? weight[i] : weight[i] + 0.0;
          s.weight[at + i] = Rounded<Real>::Of(w);
        }
        at += b.n;
      };
      if (Scanned(p)) {
        auto [begin, end] = lists.Of(number, k);
        for (; begin < end; begin += kBlock) {
          FromCounters(net_.seed, p, begin,
                       static_cast<int>(std::min<int64_t>(kBlock, end - begin)), batch);
          take(batch);
        }
      } else {
        const auto range = Within(p, bucket.begin, bucket.end);
        Gathered<decltype(take)> to(batch, take);
        for (int64_t i = range.first; i < range.second; ++i)
          FromSource(net_.seed, p, p.by_source[i], to);
        to.Flush();
      }
    }
    Sort(bucket, sources, delays, s);
  }

  void Sort(const Bucket& bucket, uint32_t sources, uint32_t delays, Scratch<Real>& s) const {
    size_t key = 0;
    for (int64_t part = 0; part < net_.n_parts; ++part) {
      const int64_t row = part * net_.n_sources + bucket.begin;
      uint32_t sum = static_cast<uint32_t>(begin_[row]);
      for (uint32_t source = 0; source < sources; ++source) {
        uint32_t* segment =
            table_.segment ? table_.segment + (row + source) * (table_.n_delays + 1) : nullptr;
        for (uint32_t d = 0; d < delays; ++d, ++key) {
          const uint32_t mine = s.count[key];
          if (segment) segment[d] = sum;
          s.count[key] = sum;
          sum += mine;
        }
        if (segment) segment[delays] = sum;
      }
    }
    Real* weight = static_cast<Real*>(table_.weight);
    for (size_t i = 0; i < s.key.size(); ++i) {
      const uint32_t to = s.count[s.key[i]]++;
      if (table_.target) table_.target[to] = s.target[i];
      if (table_.delay) table_.delay[to] = static_cast<uint16_t>(table_.delays[s.key[i] % delays]);
      if (weight) weight[to] = s.weight[i];
    }
  }

  const Wiring& net_;
  const Table& table_;
  std::vector<uint32_t> index_;  // of a delay
  std::vector<uint64_t> begin_;  // [parts][sources]
  mutable std::vector<Scratch<Real>> scratch_;
};

template <typename Call>
int32_t Guarded(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return 2;
  } catch (...) {
    return 3;
  }
}

}  // namespace
}  // namespace spikesim

// All give 0 if it went well, 1 for a delay out of range, 2 for lack of memory.

SPIKESIM_EXPORT int32_t spikesim_survey(const spikesim::Wiring* net, uint32_t* counts,
                                        uint8_t* seen, int64_t n_seen, uint32_t* indegree) {
  return spikesim::Guarded(
      [&] { return spikesim::Survey_(*net, counts, seen, n_seen, indegree) ? 0 : 1; });
}

SPIKESIM_EXPORT int32_t spikesim_fill(const spikesim::Wiring* net, const spikesim::Table* table) {
  return spikesim::Guarded([&] {
    if (table->width == 8)
      spikesim::Filler<double>(*net, *table).Run();
    else if (table->width == 2)
      spikesim::Filler<spikesim::Half>(*net, *table).Run();
    else
      spikesim::Filler<float>(*net, *table).Run();
    return 0;
  });
}

// weight = (weight + constant) - constant, with the constant of its target's slot; part_start
// [parts + 1] slots, begin [parts + 1] synapses.
SPIKESIM_EXPORT void spikesim_round(int32_t threads, int64_t n_parts, const int64_t* begin,
                                    const int64_t* part_start, const uint16_t* target,
                                    const double* constant, double* weight) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  for (int64_t part = 0; part < n_parts; ++part) {
    const double* mine = constant + part_start[part];
    const int64_t n = begin[part + 1] - begin[part];
    spikesim::Parallel(threads, (n + kPiece - 1) / kPiece, [&](int, int64_t piece) {
      const int64_t first = begin[part] + piece * kPiece;
      const int64_t last = std::min(begin[part + 1], first + kPiece);
      for (int64_t i = first; i < last; ++i) {
        const double c = mine[target[i]];
        weight[i] = (weight[i] + c) - c;
      }
    });
  }
}

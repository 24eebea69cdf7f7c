// The synapses of a projection, drawn in batches: pairs by its rule, delays, weights.
#ifndef SPIKESIM_NATIVE_RULES_H_
#define SPIKESIM_NATIVE_RULES_H_

#include <cstdint>
#include <vector>

#include "laws.h"
#include "random.h"
#include "wiring.h"

namespace spikesim {

// Some synapses of one projection: positions in the two views, and the counters of their draws.
struct Batch {
  int n = 0;
  uint32_t source[kBlock], target[kBlock], row[kBlock], position[kBlock];
  int64_t index[kBlock];  // kList: the number of the pair
};

// The first words of the counters (row, position).
void FirstWords(uint32_t seed, uint32_t stream, const uint32_t* row, const uint32_t* position,
                int n, uint32_t* word);

// The skips (Gap) of the counters (row, position), (row, position + 1) and so on.
void Gaps(uint32_t seed, uint32_t stream, uint32_t row, uint32_t position, int n, double scale,
          double most, double* gap);

// The pairs of the counters k of a rule that draws sources; n <= kBlock.
void FromCounters(uint32_t seed, const Projection& p, const uint32_t* k, int n, Batch& b);

// Delays in steps and weights of a batch.
void Delays(const Wiring& net, const Projection& p, const Batch& b, int32_t* out);
void Weights(const Wiring& net, const Projection& p, const Batch& b, double* w);

// Collects synapses one after the other, handing on full batches.
template <typename Take>
class Gathered {
 public:
  Gathered(Batch& batch, const Take& take) : b_(batch), take_(take) { b_.n = 0; }
  void Add(int64_t source, int64_t target, int64_t row, int64_t position, int64_t index = 0) {
    const int n = b_.n++;
    b_.source[n] = static_cast<uint32_t>(source);
    b_.target[n] = static_cast<uint32_t>(target);
    b_.row[n] = static_cast<uint32_t>(row);
    b_.position[n] = static_cast<uint32_t>(position);
    b_.index[n] = index;
    if (b_.n == kBlock) Flush();
  }
  void Flush() {
    if (b_.n) take_(b_);
    b_.n = 0;
  }

 private:
  Batch& b_;
  const Take& take_;
};

// The synapses of the source at position s, by a rule that has its pairs by source.
template <typename Take>
void FromSource(uint32_t seed, const Projection& p, int64_t s, Gathered<Take>& to) {
  switch (p.rule) {
    case Projection::kOutdegree: {
      const int32_t own = p.own ? p.own[s] : -1;
      const uint32_t most = static_cast<uint32_t>(p.n_target - (own >= 0));
      uint32_t row[kBlock], position[kBlock], word[kBlock];
      std::fill(row, row + kBlock, static_cast<uint32_t>(s));
      for (int64_t k = 0; k < p.number; k += kBlock) {
        const int n = static_cast<int>(std::min<int64_t>(kBlock, p.number - k));
        for (int i = 0; i < n; ++i) position[i] = static_cast<uint32_t>(k + i);
        FirstWords(seed, p.stream, row, position, n, word);
        for (int i = 0; i < n; ++i) to.Add(s, Beside(Integer(word[i], most), own), s, k + i);
      }
      return;
    }
    case Projection::kAll:
      for (int64_t t = 0; t < p.n_target; ++t)
        if (!p.own || p.own[t] != s) to.Add(s, t, s, t);
      return;
    case Projection::kOne:
      to.Add(s, s, s, 0);
      return;
    case Projection::kProbability: {
      double gap[kBlock];
      int64_t t = -1;
      for (int64_t k = 0;; k += kBlock) {
        Gaps(seed, p.stream, static_cast<uint32_t>(s), static_cast<uint32_t>(k), kBlock, p.scale,
             static_cast<double>(p.n_target), gap);
        for (int i = 0; i < kBlock; ++i) {
          t += static_cast<int64_t>(gap[i]) + 1;
          if (t >= p.n_target) return;
          if (!p.own || p.own[t] != s) to.Add(s, t, s, k + i);
        }
      }
    }
    default:
      for (int64_t i = p.begin[s]; i < p.begin[s + 1]; ++i)
        to.Add(s, p.target[i], p.row[i], p.position[i], i);
  }
}

struct Chunk {
  int64_t projection, begin, end;  // of counters, or of source positions
};

// The work of a projection, cut into pieces of some 10^6 draws.
std::vector<Chunk> Chunks(const Wiring& net, int64_t k);

template <typename Take>
void FromChunk(const Wiring& net, const Chunk& chunk, Batch& batch, const Take& take) {
  const Projection& p = net.projections[chunk.projection];
  if (!Scanned(p)) {
    Gathered<Take> to(batch, take);
    for (int64_t s = chunk.begin; s < chunk.end; ++s) FromSource(net.seed, p, s, to);
    return to.Flush();
  }
  uint32_t k[kBlock];
  for (int64_t begin = chunk.begin; begin < chunk.end; begin += kBlock) {
    const int n = static_cast<int>(std::min<int64_t>(kBlock, chunk.end - begin));
    for (int i = 0; i < n; ++i) k[i] = static_cast<uint32_t>(begin + i);
    FromCounters(net.seed, p, k, n, batch);
    take(batch);
  }
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_RULES_H_

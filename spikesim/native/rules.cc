#include "rules.h"

#include <algorithm>

#include "export.h"

namespace spikesim {
namespace {

constexpr int64_t kChunk = int64_t{1} << 20;  // draws a task

SPIKESIM_VECTOR void PairsOfTotal(uint32_t seed, uint32_t stream, const uint32_t* k, int n,
                                  uint32_t n_source, uint32_t n_target, uint32_t* source,
                                  uint32_t* target) {
  std::fill(source, source + n, 0u);
  std::copy(k, k + n, target);
  Threefry(seed, stream, n, source, target);
  for (int i = 0; i < n; ++i) {
    source[i] = Integer(source[i], n_source);
    target[i] = Integer(target[i], n_target);
  }
}

SPIKESIM_VECTOR void AddSteps(const double* delay, int n, double dt, int32_t* out) {
  for (int i = 0; i < n; ++i) out[i] += Steps(delay[i], dt);
}

}  // namespace

void FirstWords(uint32_t seed, uint32_t stream, const uint32_t* row, const uint32_t* position,
                int n, uint32_t* word) {
  uint32_t other[kBlock];
  std::copy(row, row + n, word);
  std::copy(position, position + n, other);
  Threefry(seed, stream, n, word, other);
}

SPIKESIM_VECTOR void Gaps(uint32_t seed, uint32_t stream, uint32_t row, uint32_t position, int n,
                          double scale, double most, double* gap) {
  uint32_t x[kBlock], y[kBlock];
  for (int i = 0; i < n; ++i) {
    x[i] = row;
    y[i] = position + static_cast<uint32_t>(i);
  }
  Threefry(seed, stream, n, x, y);
  for (int i = 0; i < n; ++i) gap[i] = Gap(x[i], y[i], scale, most);
}

void FromCounters(uint32_t seed, const Projection& p, const uint32_t* k, int n, Batch& b) {
  if (p.rule == Projection::kTotal) {
    PairsOfTotal(seed, p.stream, k, n, static_cast<uint32_t>(p.n_source),
                 static_cast<uint32_t>(p.n_target), b.source, b.target);
    std::fill(b.row, b.row + n, 0u);
    std::copy(k, k + n, b.position);
    b.n = n;
    if (!p.own) return;
    b.n = 0;
    for (int i = 0; i < n; ++i) {
      const uint32_t source = b.source[i], target = b.target[i], position = b.position[i];
      b.source[b.n] = source;
      b.target[b.n] = target;
      b.position[b.n] = position;
      b.n += p.own[target] != static_cast<int32_t>(source);
    }
    return;
  }
  const uint32_t degree = static_cast<uint32_t>(p.number);
  for (int i = 0; i < n; ++i) {
    b.row[i] = b.target[i] = k[i] / degree;
    b.position[i] = k[i] % degree;
  }
  FirstWords(seed, p.stream, b.row, b.position, n, b.source);
  for (int i = 0; i < n; ++i) {
    const int32_t own = p.own ? p.own[b.target[i]] : -1;
    b.source[i] = Beside(Integer(b.source[i], static_cast<uint32_t>(p.n_source - (own >= 0))), own);
  }
  b.n = n;
}

void Delays(const Wiring& net, const Projection& p, const Batch& b, int32_t* out) {
  std::fill(out, out + b.n, 0);
  double delay[kBlock];
  for (const Law* law : {&p.axonal, &p.dendritic}) {
    if (law->kind == Law::kConstant && law->a == 0.0) continue;
    Draw(*law, net.seed, b.row, b.position, b.index, b.n, delay);
    AddSteps(delay, b.n, net.dt, out);
  }
}

void Weights(const Wiring& net, const Projection& p, const Batch& b, double* w) {
  Draw(p.weight, net.seed, b.row, b.position, b.index, b.n, w);
  for (const Change* c = p.changes; c < p.changes + p.n_changes; ++c) {
    for (int i = 0; i < b.n; ++i) w[i] = Changed(*c, w[i]);
  }
}

std::vector<Chunk> Chunks(const Wiring& net, int64_t k) {
  const Projection& p = net.projections[k];
  int64_t end = p.n_source, step = kChunk;
  if (Scanned(p)) {
    end = p.rule == Projection::kTotal ? p.number : p.number * p.n_target;
  } else {
    int64_t each = p.n_target;
    if (p.rule == Projection::kOutdegree) each = p.number;
    if (p.rule == Projection::kOne) each = 1;
    if (p.rule == Projection::kList && p.n_source) each = p.begin[p.n_source] / p.n_source;
    step = std::max<int64_t>(1, kChunk / std::max<int64_t>(1, each));
  }
  std::vector<Chunk> chunks;
  for (int64_t begin = 0; begin < end; begin += step)
    chunks.push_back({k, begin, std::min(end, begin + step)});
  return chunks;
}

}  // namespace spikesim

// How many candidates rule kTotal looks at until `number` are no autapses.
SPIKESIM_EXPORT int64_t spikesim_candidates(uint32_t seed, uint32_t stream, int64_t n_source,
                                            int64_t n_target, const int32_t* own, int64_t number) {
  uint32_t k[spikesim::kBlock], source[spikesim::kBlock], target[spikesim::kBlock];
  int64_t found = 0;
  for (int64_t first = 0; found < number; first += spikesim::kBlock) {
    if (first + spikesim::kBlock > int64_t{1} << 32) return -1;
    for (int i = 0; i < spikesim::kBlock; ++i) k[i] = static_cast<uint32_t>(first + i);
    spikesim::PairsOfTotal(seed, stream, k, spikesim::kBlock, static_cast<uint32_t>(n_source),
                           static_cast<uint32_t>(n_target), source, target);
    for (int i = 0; i < spikesim::kBlock; ++i)
      if (own[target[i]] != static_cast<int32_t>(source[i]) && ++found == number)
        return first + i + 1;
  }
  return 0;
}

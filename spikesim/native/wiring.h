// Projections as the rules describe them, and the arithmetic of one synapse: for CPUs and GPUs.
#ifndef SPIKESIM_NATIVE_WIRING_H_
#define SPIKESIM_NATIVE_WIRING_H_

#include "numbers.h"

namespace spikesim {

// What weights or delays are. The layout is that of `Law` in spikesim/native/laws.py.
struct Law {
  enum Kind : int32_t { kConstant, kUniform, kNormal, kLognormal, kGiven };
  int32_t kind;
  uint32_t stream;
  double a, b;          // the value; low and high; mean and s.d.; median and sigma
  double below, upto;   // the parts of an unbounded law below the bounds
  double low, high;     // the bounds
  const double* given;  // one value a connection
};

// An operation on weights: weight * value and so on. The layout is that of _CHANGE in
// spikesim/native/rules.py; those of the next two are those of the classes of the same names.
struct Change {
  enum Kind : int32_t { kTimes, kPlus, kMinus, kFrom, kOver, kUnder };
  int32_t kind;
  double value;
};

struct Projection {
  enum Rule : int32_t { kTotal, kIndegree, kOutdegree, kAll, kOne, kProbability, kList };
  int32_t rule;
  uint32_t stream;
  int64_t n_source, n_target;
  int64_t number;             // candidates, or the degree
  double scale;               // 1/log(1 - p)
  const int32_t* own;         // [n_target], of kOutdegree [n_source]: the same neuron's position in
                              // the other view, or -1; null where that is of no concern
  const int32_t* source;      // [n_source] number of the source in the network
  const int32_t* by_source;   // [n_source] positions in ascending order of it
  const uint32_t* place;      // [n_target] part << 16 | place in the part
  const int64_t* begin;       // [n_source + 1]: how many pairs those before a source have. kList
                              // needs it, the others where pairs are numbered
  const int64_t* target;      // kList: [pairs], as are the next two
  const int64_t* row;
  const int64_t* position;
  Law weight, axonal, dendritic;
  int64_t n_changes;
  const Change* changes;
};

struct Wiring {
  uint32_t seed;
  int32_t threads;
  double dt;
  int64_t n_sources, n_parts;
  int64_t n_projections;
  const Projection* projections;
};

// Does the rule draw sources, so that those of one lie anywhere among all?
SPIKESIM_INLINE bool Scanned(const Projection& p) {
  return p.rule == Projection::kTotal || p.rule == Projection::kIndegree;
}

// --- one synapse ---------------------------------------------------------------------------------

// Partner `drawn` of a row that must not be paired with `own` (-1: no such).
SPIKESIM_INLINE uint32_t Beside(uint32_t drawn, int32_t own) {
  return drawn + (own >= 0 && drawn >= static_cast<uint32_t>(own));
}

// The skip to the next target of rule kProbability: floor(log(1 - u) scale), at most `most`.
SPIKESIM_INLINE double Gap(uint32_t word0, uint32_t word1, double scale, double most) {
  const double skip = SPIKESIM_BUILTIN(floor)(Log(1.0 - Uniform(word0, word1)) * scale);
  return skip < most ? skip : most;
}

// The probability of an unbounded law that one within the bounds stands for.
SPIKESIM_INLINE double Inside(double p, double below, double upto) {
  const double inside = below + (upto - below) * p;
  return inside < 1.0 - 0x1p-53 ? inside : 1.0 - 0x1p-53;
}

SPIKESIM_INLINE double Clipped(double x, double low, double high) {
  const double above = x > low ? x : low;
  return above < high ? above : high;
}

// floor(delay/dt + 0.5 + 1e-9), as ir.program.nearest_step. Longer than 2^30 is 2^30.
SPIKESIM_INLINE int32_t Steps(double delay, double dt) {
  const double steps = SPIKESIM_BUILTIN(floor)(delay / dt + (0.5 + 1e-9));
  return static_cast<int32_t>(steps < 0x1p30 ? steps : 0x1p30);
}

SPIKESIM_INLINE double Changed(const Change& c, double weight) {
  switch (c.kind) {
    case Change::kTimes: return weight * c.value;
    case Change::kPlus: return weight + c.value;
    case Change::kMinus: return weight - c.value;
    case Change::kFrom: return c.value - weight;
    case Change::kOver: return weight / c.value;
    default: return c.value / weight;
  }
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_WIRING_H_

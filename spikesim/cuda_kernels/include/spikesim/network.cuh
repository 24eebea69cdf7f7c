// A network as the kernels see it. The layouts are those of spikesim/backends/cuda/layout.py.
#ifndef SPIKESIM_CUDA_NETWORK_CUH_
#define SPIKESIM_CUDA_NETWORK_CUH_

#include "platform.cuh"
#include "table.h"

namespace spikesim {

// A state that follows another group's when a step begins: out[i] = values[index[i]].
struct Link {
  const uint8_t* values;
  const int64_t* index;  // [size of the group]
  uint8_t* out;
  int64_t width;  // bytes an element
};

// Code for some steps: every `every` from `offset` on, or those listed.
struct Clock {
  int64_t every, offset;
  const int64_t* at;  // [n_at], ascending, or null
  int64_t n_at;
};

struct Event {
  uint8_t* flags;        // [size of the group]
  int64_t first_source;  // of its elements; -1 where they are none
};

// Elements with the same code; groups that differ in values alone have the same `code` too.
struct Group {
  int32_t code, size;
  void* const* field;      // where its fields lie, in the order in which the code counts them
  const int32_t* length;   // of those that are tables
  const uint32_t* stream;  // of its random numbers
  int64_t n_events;
  const Event* events;
  int64_t n_ports;
  const int64_t* slot;  // [ports], where the slots of a port start
  int64_t n_links;
  const Link* links;
  int64_t n_clocks;
  const Clock* clocks;
};

// Elements that one warp takes care of. On the fast path, in the block: where their slots start, and
// the first of their places, of kTile sources each.
struct Tile {
  int32_t group, first, size, slot, place;
};

// Sums over edges, which are sorted by target; in the rounds first ... last.
struct Coupling {
  int32_t code, group;     // group: of the targets
  void* const* field;      // as of a group; ends of edges are among them
  const int32_t* length;
  const int64_t* row;      // [targets + 1], where the edges of a target start
  void* values;            // [edges]; null where sums need no values of others
  void* total;             // [targets]
  int64_t n_edges;
  int32_t add;     // to what there is from a coupling before this one?
  int32_t pooled;  // the sum of all edges is that of every target that has a row
  int32_t first, last;
};

// A variable that is recorded every `every` steps.
struct Probe {
  const uint8_t* values;
  const int64_t* index;  // [count]
  uint8_t* out;          // [samples][count]
  int64_t width, count, every;
};

// A variable of those who had an event, and where it is kept.
struct Column {
  const uint8_t* values;
  uint8_t* out;  // [room]
  int64_t width;
};

// The events of elements in view: who had them and when, in any order.
struct EventLog {
  const uint8_t* flags;
  const int64_t* index;  // [size]
  int64_t size, n_columns;
  const Column* columns;
  int32_t* step;      // [room]
  int32_t* position;  // [room], in the view
  int64_t room;
  uint32_t* count;
};

// Synapses on the fast path: those of a source, block by block of their targets.
struct Slices {
  const int64_t* base;      // [sources], where the synapses of a source start
  const uint16_t* offset;   // [sources][blocks + 1], from there to those of a block
  const uint16_t* address;  // [synapses]: delay times slots of a block, plus the slot
  const void* weight;       // [synapses], or, if shared, [sources]
  int32_t width;            // bytes of a weight: 2, 4 or 8; whole numbers if sums are
  int32_t shared;
};

// Who has an event so many steps after a spike: of neuron i the synapses start[i] ... start[i + 1],
// or what is listed there.
struct Lookup {
  int64_t delay;
  const int64_t* start;    // [size of the group + 1]
  const int32_t* synapse;  // or null
};

// The neurons on one side of plastic synapses.
struct Side {
  int64_t group, first_source, size, n_lookups;
  const Lookup* lookups;
};

// Elements, in one of two widths.
struct Ends {
  const int32_t* wide;
  const uint16_t* narrow;
  SPIKESIM_INLINE int32_t operator[](int64_t i) const { return wide ? wide[i] : narrow[i]; }
};

// What synapses with an event, or all at each step, or the neurons of that side do.
struct Response {
  enum To : int32_t { kStep, kPre, kPost };
  int32_t to, of_neurons;
  int32_t number;  // of the code, among those of the synapses or of the group
  int32_t meet;    // before it, so that what others wrote is there?
};

// Synapses that change: by source, then target.
struct Plastic {
  int32_t code, delay_each;
  int64_t n;
  void* const* field;  // as of a group
  const int32_t* length;
  const uint32_t* stream;
  Ends source, target;  // [n], elements of their groups
  Side pre, post;
  int64_t n_responses;
  const Response* responses;
  const int32_t* delay;  // from the event to where it arrives: one, or [n]
  void* transmitted;     // [rows][n_slots], from the first slot of the port on; row: step mod rows
  const double* unit;    // of these slots, as of the network
  int64_t rows, n_slots;
};

// How spikes go from block to block on the fast path: see fast.cuh.
struct Exchange {
  int64_t interval;  // steps from one exchange to the next
  int64_t n_slots;   // of a block
  int64_t n_listed;  // most events of a block from one exchange to the next
  int64_t n_kept;    // how many exchanges are remembered
  double unit;       // what 1 is worth, of sums that are whole numbers
  Word* words;             // [2][blocks]
  int32_t* count;          // [kept][blocks] events listed
  uint16_t* list;          // [kept][blocks][listed]: place and lane << shift | step
  const int32_t* source;   // [places][blocks]: the first source of each place
  int64_t n_slices;
  const Slices* slices;
  int32_t shift;
};

struct Network {
  double dt;
  int32_t deliver_first;  // before events are looked for, as NEST does
  int32_t early;          // spikes arrive so late that those of a step need not wait for each other
  int32_t links, begins, acts, n_rounds;
  int64_t n_groups;
  const Group* groups;
  int64_t n_tiles;
  const Tile* tiles;
  int64_t n_couplings;
  const Coupling* couplings;
  int64_t n_sources, n_slots, n_parts, n_tables;
  const int64_t* part_start;  // [parts + 1], in slots
  const Table* tables;
  void* arrived;       // [2][slots]: what arrives in even and odd steps, by segments; or null
  void* ring;          // [ring rows][slots]: what arrives in a step, by step mod rows; or null
  const double* unit;  // [slots][2] of sums that are whole numbers: what 1 is worth, and its inverse
  int64_t ring_rows;   // more than the longest delay
  int64_t rows;        // of the log: 2 more than the longest delay, at least 3
  int32_t* log;        // [rows][sources]: who fired in a step, by step mod rows, in any order
  int32_t* count;      // [rows]
  int64_t n_probes;
  const Probe* probes;
  int64_t n_logs;
  const EventLog* logs;
  const Exchange* exchange;  // or null: the general kernel
  int64_t n_plastic;
  const Plastic* plastic;
  void* transmitted;         // [transmitted_rows][slots], or null: what plastic synapses sent
  int64_t transmitted_rows;  // one more than the longest dendritic delay; row: step mod rows
};

// What a launch is asked for.
struct Launch {
  int64_t first, count;   // steps
  int32_t* spike_step;    // [room], or null
  int32_t* spike_source;  // [room]
  int64_t room;
  int64_t* done;  // [2]: steps taken, spikes recorded; zero before
  uint32_t seed;
  int32_t again;     // are spikes under way to be sent anew before the first step?
  int64_t exchange;  // how many exchanges there were before, so that no word is taken for another
};

// A step of a run.
struct Moment {
  double t;
  int32_t step;
  uint32_t seed;
};

template <typename T>
SPIKESIM_INLINE T* FieldOf(void* const* field, int k) {
  return static_cast<T*>(field[k]);
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_NETWORK_CUH_

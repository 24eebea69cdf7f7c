// The kernels that make a table of synapses; spikesim/backends/cuda/connect.py calls them.
#include "spikesim/connect.cuh"

#ifndef SPIKESIM_THREADS
#define SPIKESIM_THREADS 512  // of a block
#endif

#define KERNEL(NAME, B, BODY) \
  SPIKESIM_KERNEL(NAME, SPIKESIM_THREADS, spikesim::Wiring, B, spikesim::BODY)

KERNEL(connect_survey, spikesim::Survey, MakeSurvey)
KERNEL(connect_count, spikesim::Table, Count)
KERNEL(connect_place, spikesim::Table, Place)
KERNEL(connect_shorten, spikesim::Table, Shorten)
KERNEL(connect_settle, spikesim::Table, Settle)

#include "spikesim/fast.cuh"

namespace spikesim {
namespace {

using Real = float;
using Total = int32_t;

struct Code0 {
  static SPIKESIM_DEVICE void Begin(const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepBegin(const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Act(int64_t clock, const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepAct(int64_t clock, const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Before(int32_t round, const Group& g, const Moment& m, int32_t i) {
    switch (round) {
      case 0: {
        const double o0 = MulOp::Of((0x1.921fb54442d18p+2), m.t);
        const double o1 = MulOp::Of(o0, (0x1.999999999999ap-5));
        const double o2 = SinOp::Of(o1);
        const double o3 = static_cast<double>(FieldOf<float>(g.field, 1)[0]);
        const double o4 = MulOp::Of(o3, o2);
        const double o5 = static_cast<double>(FieldOf<float>(g.field, 9)[0]);
        const double o6 = static_cast<double>(FieldOf<float>(g.field, 0)[0]);
        const double o7 = AddOp::Of(m.t, (0x1.999999999999ap-4));
        const double o8 = MulOp::Of((0x1.921fb54442d18p+2), o7);
        const double o9 = MulOp::Of(o8, (0x1.999999999999ap-5));
        const double o10 = SinOp::Of(o9);
        const double o11 = MulOp::Of(o3, o10);
        const Bool r0 = GtOp::Of(FieldOf<int32_t>(g.field, 7)[i], int32_t(0));
        const int32_t r1 = SubOp::Of(FieldOf<int32_t>(g.field, 7)[i], int32_t(1));
        const int32_t r2 = WhereOp::Of(r0, r1, FieldOf<int32_t>(g.field, 7)[i]);
        const float r3 = SubOp::Of(FieldOf<float>(g.field, 0)[0], FieldOf<float>(g.field, 5)[i]);
        const double r4 = static_cast<double>(r3);
        const double r5 = AddOp::Of(r4, o4);
        const double r6 = MulOp::Of(r5, o5);
        const double r7 = WhereOp::Of(r0, (0x0.0p+0), r6);
        const double r8 = MulOp::Of((0x1.999999999999ap-4), r7);
        const double r9 = static_cast<double>(FieldOf<float>(g.field, 5)[i]);
        const double r10 = AddOp::Of(r9, r8);
        const double r11 = SubOp::Of(o6, r10);
        const double r12 = AddOp::Of(r11, o11);
        const double r13 = MulOp::Of(r12, o5);
        const double r14 = WhereOp::Of(r0, (0x0.0p+0), r13);
        const double r15 = AddOp::Of(r7, r14);
        const double r16 = MulOp::Of((0x1.999999999999ap-5), r15);
        const double r17 = AddOp::Of(r9, r16);
        const double r18 = WhereOp::Of(r0, r9, r17);
        const float r19 = static_cast<float>(r18);
        FieldOf<Bool>(g.field, 6)[i] = r0;
        FieldOf<int32_t>(g.field, 7)[i] = r2;
        FieldOf<float>(g.field, 5)[i] = r19;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const Real a0 = Arriving<Real, Total>(from, g.slot[0] + i, 0, m.step);
    const float r0 = AddOp::Of(FieldOf<float>(g.field, 5)[i], a0);
    const float r1 = WhereOp::Of(FieldOf<Bool>(g.field, 6)[i], FieldOf<float>(g.field, 5)[i], r0);
    const double r2 = DrawNormal(m, g.stream[1], i);
    const float r3 = static_cast<float>(r2);
    const float r4 = AddOp::Of(FieldOf<float>(g.field, 2)[0], r3);
    const Bool r5 = GtOp::Of(r1, r4);
    const Bool r6 = NotOp::Of(FieldOf<Bool>(g.field, 6)[i]);
    const Bool r7 = AndOp::Of(r5, r6);
    FieldOf<float>(g.field, 5)[i] = r1;
    g.events[0].flags[i] = r7;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const double r0 = DrawUniform(m, g.stream[0], i);
        const float r1 = static_cast<float>(r0);
        const float r2 = MulOp::Of((0x1.0000000000000p+1f), r1);
        const float r3 = AddOp::Of(FieldOf<float>(g.field, 0)[0], r2);
        const int32_t r4 = static_cast<int32_t>(FieldOf<int32_t>(g.field, 10)[0]);
        FieldOf<float>(g.field, 5)[i] = r3;
        FieldOf<int32_t>(g.field, 7)[i] = r4;
        return;
      }
    }
  }
};

struct Code1 {
  static SPIKESIM_DEVICE void Begin(const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepBegin(const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Act(int64_t clock, const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepAct(int64_t clock, const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Before(int32_t round, const Group& g, const Moment& m, int32_t i) {
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const double r0 = DrawUniform(m, g.stream[0], i);
    const float r1 = static_cast<float>(r0);
    const Bool r2 = LtOp::Of(r1, FieldOf<float>(g.field, 1)[0]);
    g.events[0].flags[i] = r2;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
  }
};

struct Model {
  using Real = spikesim::Real;
  using Sum = Total;
  static constexpr bool kKeeps = false;
  static constexpr bool kLearns = false;

  template <typename Body>
  static SPIKESIM_DEVICE void Code(int32_t k, const Body& body) {
    switch (k) {
      case 0: body(Code0()); break;
      case 1: body(Code1()); break;
      default: break;
    }
  }

  template <typename Body>
  static SPIKESIM_DEVICE void Edge(int32_t k, const Body& body) {
    switch (k) {
      default: break;
    }
  }
};

}  // namespace
}  // namespace spikesim

SPIKESIM_KERNEL(spikesim_run, 1, spikesim::Network, spikesim::Launch,
                spikesim::RunFast<spikesim::Model>)

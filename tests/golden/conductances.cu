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
        const Bool o0 = GeOp::Of(m.step, int32_t(20));
        const int32_t o1 = WhereOp::Of(o0, int32_t(1), int32_t(0));
        const Bool o2 = GeOp::Of(m.step, int32_t(60));
        const int32_t o3 = WhereOp::Of(o2, int32_t(1), int32_t(0));
        const int32_t o4 = AddOp::Of(o1, o3);
        const float o5 = Take(FieldOf<float>(g.field, 19), g.length[19], o4);
        const float r0 = MulOp::Of(FieldOf<float>(g.field, 20)[i], o5);
        const Bool r1 = GtOp::Of(FieldOf<int32_t>(g.field, 17)[i], int32_t(0));
        const int32_t r2 = SubOp::Of(FieldOf<int32_t>(g.field, 17)[i], int32_t(1));
        const int32_t r3 = WhereOp::Of(r1, r2, FieldOf<int32_t>(g.field, 17)[i]);
        const float r4 = MinOp::Of(FieldOf<float>(g.field, 11)[i], FieldOf<float>(g.field, 9)[0]);
        const float r5 = SubOp::Of(FieldOf<float>(g.field, 2)[0], r4);
        const float r6 = MulOp::Of(FieldOf<float>(g.field, 1)[0], r5);
        const float r7 = SubOp::Of(r4, FieldOf<float>(g.field, 3)[0]);
        const float r8 = MulOp::Of(r7, FieldOf<float>(g.field, 23)[0]);
        const float r9 = ExpOp::Of(r8);
        const float r10 = MulOp::Of(FieldOf<float>(g.field, 22)[0], r9);
        const float r11 = AddOp::Of(r6, r10);
        const float r12 = SubOp::Of(r11, FieldOf<float>(g.field, 12)[i]);
        const float r13 = SubOp::Of(FieldOf<float>(g.field, 14)[0], FieldOf<float>(g.field, 11)[i]);
        const float r14 = MulOp::Of(FieldOf<float>(g.field, 15)[i], r13);
        const float r15 = AddOp::Of(r14, r0);
        const float r16 = AddOp::Of(r12, r15);
        const float r17 = MulOp::Of(r16, FieldOf<float>(g.field, 24)[0]);
        const float r18 = WhereOp::Of(r1, (0x0.0p+0f), r17);
        const float r19 = SubOp::Of(r4, FieldOf<float>(g.field, 2)[0]);
        const float r20 = MulOp::Of(FieldOf<float>(g.field, 6)[0], r19);
        const float r21 = SubOp::Of(r20, FieldOf<float>(g.field, 12)[i]);
        const float r22 = MulOp::Of(r21, FieldOf<float>(g.field, 25)[0]);
        const float r23 = NegOp::Of(FieldOf<float>(g.field, 15)[i]);
        const float r24 = MulOp::Of(r23, FieldOf<float>(g.field, 26)[0]);
        const float r25 = MulOp::Of((0x1.99999a0000000p-6f), r18);
        const float r26 = AddOp::Of(FieldOf<float>(g.field, 11)[i], r25);
        const float r27 = MulOp::Of((0x1.99999a0000000p-6f), r22);
        const float r28 = AddOp::Of(FieldOf<float>(g.field, 12)[i], r27);
        const float r29 = MulOp::Of((0x1.99999a0000000p-6f), r24);
        const float r30 = AddOp::Of(FieldOf<float>(g.field, 15)[i], r29);
        const float r31 = MinOp::Of(r26, FieldOf<float>(g.field, 9)[0]);
        const float r32 = SubOp::Of(FieldOf<float>(g.field, 2)[0], r31);
        const float r33 = MulOp::Of(FieldOf<float>(g.field, 1)[0], r32);
        const float r34 = SubOp::Of(r31, FieldOf<float>(g.field, 3)[0]);
        const float r35 = MulOp::Of(r34, FieldOf<float>(g.field, 23)[0]);
        const float r36 = ExpOp::Of(r35);
        const float r37 = MulOp::Of(FieldOf<float>(g.field, 22)[0], r36);
        const float r38 = AddOp::Of(r33, r37);
        const float r39 = SubOp::Of(r38, r28);
        const float r40 = SubOp::Of(FieldOf<float>(g.field, 14)[0], r26);
        const float r41 = MulOp::Of(r30, r40);
        const float r42 = AddOp::Of(r41, r0);
        const float r43 = AddOp::Of(r39, r42);
        const float r44 = MulOp::Of(r43, FieldOf<float>(g.field, 24)[0]);
        const float r45 = WhereOp::Of(r1, (0x0.0p+0f), r44);
        const float r46 = SubOp::Of(r31, FieldOf<float>(g.field, 2)[0]);
        const float r47 = MulOp::Of(FieldOf<float>(g.field, 6)[0], r46);
        const float r48 = SubOp::Of(r47, r28);
        const float r49 = MulOp::Of(r48, FieldOf<float>(g.field, 25)[0]);
        const float r50 = NegOp::Of(r30);
        const float r51 = MulOp::Of(r50, FieldOf<float>(g.field, 26)[0]);
        const float r52 = MulOp::Of((0x1.99999a0000000p-6f), r45);
        const float r53 = AddOp::Of(FieldOf<float>(g.field, 11)[i], r52);
        const float r54 = MulOp::Of((0x1.99999a0000000p-6f), r49);
        const float r55 = AddOp::Of(FieldOf<float>(g.field, 12)[i], r54);
        const float r56 = MulOp::Of((0x1.99999a0000000p-6f), r51);
        const float r57 = AddOp::Of(FieldOf<float>(g.field, 15)[i], r56);
        const float r58 = MinOp::Of(r53, FieldOf<float>(g.field, 9)[0]);
        const float r59 = SubOp::Of(FieldOf<float>(g.field, 2)[0], r58);
        const float r60 = MulOp::Of(FieldOf<float>(g.field, 1)[0], r59);
        const float r61 = SubOp::Of(r58, FieldOf<float>(g.field, 3)[0]);
        const float r62 = MulOp::Of(r61, FieldOf<float>(g.field, 23)[0]);
        const float r63 = ExpOp::Of(r62);
        const float r64 = MulOp::Of(FieldOf<float>(g.field, 22)[0], r63);
        const float r65 = AddOp::Of(r60, r64);
        const float r66 = SubOp::Of(r65, r55);
        const float r67 = SubOp::Of(FieldOf<float>(g.field, 14)[0], r53);
        const float r68 = MulOp::Of(r57, r67);
        const float r69 = AddOp::Of(r68, r0);
        const float r70 = AddOp::Of(r66, r69);
        const float r71 = MulOp::Of(r70, FieldOf<float>(g.field, 24)[0]);
        const float r72 = WhereOp::Of(r1, (0x0.0p+0f), r71);
        const float r73 = SubOp::Of(r58, FieldOf<float>(g.field, 2)[0]);
        const float r74 = MulOp::Of(FieldOf<float>(g.field, 6)[0], r73);
        const float r75 = SubOp::Of(r74, r55);
        const float r76 = MulOp::Of(r75, FieldOf<float>(g.field, 25)[0]);
        const float r77 = NegOp::Of(r57);
        const float r78 = MulOp::Of(r77, FieldOf<float>(g.field, 26)[0]);
        const float r79 = MulOp::Of((0x1.99999a0000000p-5f), r72);
        const float r80 = AddOp::Of(FieldOf<float>(g.field, 11)[i], r79);
        const float r81 = MulOp::Of((0x1.99999a0000000p-5f), r76);
        const float r82 = AddOp::Of(FieldOf<float>(g.field, 12)[i], r81);
        const float r83 = MulOp::Of((0x1.99999a0000000p-5f), r78);
        const float r84 = AddOp::Of(FieldOf<float>(g.field, 15)[i], r83);
        const float r85 = MinOp::Of(r80, FieldOf<float>(g.field, 9)[0]);
        const float r86 = SubOp::Of(FieldOf<float>(g.field, 2)[0], r85);
        const float r87 = MulOp::Of(FieldOf<float>(g.field, 1)[0], r86);
        const float r88 = SubOp::Of(r85, FieldOf<float>(g.field, 3)[0]);
        const float r89 = MulOp::Of(r88, FieldOf<float>(g.field, 23)[0]);
        const float r90 = ExpOp::Of(r89);
        const float r91 = MulOp::Of(FieldOf<float>(g.field, 22)[0], r90);
        const float r92 = AddOp::Of(r87, r91);
        const float r93 = SubOp::Of(r92, r82);
        const float r94 = SubOp::Of(FieldOf<float>(g.field, 14)[0], r80);
        const float r95 = MulOp::Of(r84, r94);
        const float r96 = AddOp::Of(r95, r0);
        const float r97 = AddOp::Of(r93, r96);
        const float r98 = MulOp::Of(r97, FieldOf<float>(g.field, 24)[0]);
        const float r99 = WhereOp::Of(r1, (0x0.0p+0f), r98);
        const float r100 = SubOp::Of(r85, FieldOf<float>(g.field, 2)[0]);
        const float r101 = MulOp::Of(FieldOf<float>(g.field, 6)[0], r100);
        const float r102 = SubOp::Of(r101, r82);
        const float r103 = MulOp::Of(r102, FieldOf<float>(g.field, 25)[0]);
        const float r104 = NegOp::Of(r84);
        const float r105 = MulOp::Of(r104, FieldOf<float>(g.field, 26)[0]);
        const float r106 = AddOp::Of(r45, r72);
        const float r107 = MulOp::Of((0x1.0000000000000p+1f), r106);
        const float r108 = AddOp::Of(r18, r107);
        const float r109 = AddOp::Of(r108, r99);
        const float r110 = MulOp::Of((0x1.1111120000000p-7f), r109);
        const float r111 = AddOp::Of(FieldOf<float>(g.field, 11)[i], r110);
        const float r112 = AddOp::Of(r49, r76);
        const float r113 = MulOp::Of((0x1.0000000000000p+1f), r112);
        const float r114 = AddOp::Of(r22, r113);
        const float r115 = AddOp::Of(r114, r103);
        const float r116 = MulOp::Of((0x1.1111120000000p-7f), r115);
        const float r117 = AddOp::Of(FieldOf<float>(g.field, 12)[i], r116);
        const float r118 = AddOp::Of(r51, r78);
        const float r119 = MulOp::Of((0x1.0000000000000p+1f), r118);
        const float r120 = AddOp::Of(r24, r119);
        const float r121 = AddOp::Of(r120, r105);
        const float r122 = MulOp::Of((0x1.1111120000000p-7f), r121);
        const float r123 = AddOp::Of(FieldOf<float>(g.field, 15)[i], r122);
        const float r124 = WhereOp::Of(r1, FieldOf<float>(g.field, 11)[i], r111);
        const Bool r125 = GtOp::Of(r124, FieldOf<float>(g.field, 9)[0]);
        const Bool r126 = NotOp::Of(r1);
        const Bool r127 = AndOp::Of(r125, r126);
        FieldOf<float>(g.field, 21)[i] = r0;
        FieldOf<Bool>(g.field, 16)[i] = r1;
        FieldOf<int32_t>(g.field, 17)[i] = r3;
        FieldOf<float>(g.field, 11)[i] = r124;
        FieldOf<float>(g.field, 12)[i] = r117;
        FieldOf<float>(g.field, 15)[i] = r123;
        g.events[0].flags[i] = r127;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const Real a0 = Arriving<Real, Total>(from, g.slot[0] + i, 0, m.step);
    const float r0 = AddOp::Of(FieldOf<float>(g.field, 15)[i], a0);
    FieldOf<float>(g.field, 15)[i] = r0;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const float r0 = static_cast<float>(FieldOf<float>(g.field, 8)[0]);
        const float r1 = AddOp::Of(FieldOf<float>(g.field, 12)[i], FieldOf<float>(g.field, 7)[0]);
        const int32_t r2 = static_cast<int32_t>(FieldOf<int32_t>(g.field, 27)[0]);
        FieldOf<float>(g.field, 11)[i] = r0;
        FieldOf<float>(g.field, 12)[i] = r1;
        FieldOf<int32_t>(g.field, 17)[i] = r2;
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
    switch (round) {
      case 0: {
        const Bool r0 = GtOp::Of(FieldOf<int32_t>(g.field, 18)[i], int32_t(0));
        const int32_t r1 = SubOp::Of(FieldOf<int32_t>(g.field, 18)[i], int32_t(1));
        const int32_t r2 = WhereOp::Of(r0, r1, FieldOf<int32_t>(g.field, 18)[i]);
        const float r3 = MulOp::Of(FieldOf<float>(g.field, 11)[i], FieldOf<float>(g.field, 11)[i]);
        const float r4 = MulOp::Of(FieldOf<float>(g.field, 11)[i], r3);
        const float r5 = MulOp::Of(FieldOf<float>(g.field, 2)[0], r4);
        const float r6 = MulOp::Of(r5, FieldOf<float>(g.field, 12)[i]);
        const float r7 = SubOp::Of(FieldOf<float>(g.field, 20)[0], r6);
        const float r8 = MulOp::Of(FieldOf<float>(g.field, 13)[i], FieldOf<float>(g.field, 13)[i]);
        const float r9 = MulOp::Of(r8, r8);
        const float r10 = MulOp::Of(FieldOf<float>(g.field, 3)[0], r9);
        const float r11 = SubOp::Of(r7, r10);
        const float r12 = NegOp::Of(FieldOf<float>(g.field, 16)[i]);
        const float r13 = AddOp::Of(r11, r12);
        const float r14 = MulOp::Of(r13, FieldOf<float>(g.field, 21)[0]);
        const float r15 = MulOp::Of(r14, FieldOf<float>(g.field, 10)[i]);
        const float r16 = MulOp::Of(FieldOf<float>(g.field, 23)[0], r6);
        const float r17 = SubOp::Of(FieldOf<float>(g.field, 22)[0], r16);
        const float r18 = MulOp::Of(FieldOf<float>(g.field, 24)[0], r10);
        const float r19 = SubOp::Of(r17, r18);
        const float r20 = MulOp::Of(FieldOf<float>(g.field, 15)[0], FieldOf<float>(g.field, 16)[i]);
        const float r21 = AddOp::Of(r19, r20);
        const float r22 = MulOp::Of(r21, FieldOf<float>(g.field, 21)[0]);
        const float r23 = AddOp::Of(r15, r22);
        const float r24 = MulOp::Of((0x1.99999a0000000p-5f), r23);
        const float r25 = MulOp::Of((0x1.99999a0000000p-5f), r14);
        const float r26 = ExprelOp::Of(r25);
        const float r27 = MulOp::Of(r24, r26);
        const float r28 = AddOp::Of(FieldOf<float>(g.field, 10)[i], r27);
        const float r29 = SubOp::Of(FieldOf<float>(g.field, 10)[i], FieldOf<float>(g.field, 7)[0]);
        const float r30 = SubOp::Of((0x1.a000000000000p+3f), r29);
        const float r31 = MulOp::Of(r30, (0x1.0000000000000p-2f));
        const float r32 = ExprelOp::Of(r31);
        const float r33 = DivOp::Of((0x1.47ae140000000p+0f), r32);
        const float r34 = NegOp::Of(r33);
        const float r35 = SubOp::Of(r29, (0x1.4000000000000p+5f));
        const float r36 = MulOp::Of(r35, (0x1.99999a0000000p-3f));
        const float r37 = ExprelOp::Of(r36);
        const float r38 = DivOp::Of((0x1.6666660000000p+0f), r37);
        const float r39 = SubOp::Of(r34, r38);
        const float r40 = MulOp::Of(r39, FieldOf<float>(g.field, 11)[i]);
        const float r41 = AddOp::Of(r40, r33);
        const float r42 = MulOp::Of((0x1.99999a0000000p-5f), r41);
        const float r43 = MulOp::Of((0x1.99999a0000000p-5f), r39);
        const float r44 = ExprelOp::Of(r43);
        const float r45 = MulOp::Of(r42, r44);
        const float r46 = AddOp::Of(FieldOf<float>(g.field, 11)[i], r45);
        const float r47 = SubOp::Of((0x1.1000000000000p+4f), r29);
        const float r48 = MulOp::Of(r47, (0x1.c71c720000000p-5f));
        const float r49 = ExpOp::Of(r48);
        const float r50 = MulOp::Of((0x1.0624de0000000p-3f), r49);
        const float r51 = NegOp::Of(r50);
        const float r52 = SubOp::Of((0x1.4000000000000p+5f), r29);
        const float r53 = MulOp::Of(r52, (0x1.99999a0000000p-3f));
        const float r54 = ExpOp::Of(r53);
        const float r55 = AddOp::Of((0x1.0000000000000p+0f), r54);
        const float r56 = DivOp::Of((0x1.0000000000000p+2f), r55);
        const float r57 = SubOp::Of(r51, r56);
        const float r58 = MulOp::Of(r57, FieldOf<float>(g.field, 12)[i]);
        const float r59 = AddOp::Of(r58, r50);
        const float r60 = MulOp::Of((0x1.99999a0000000p-5f), r59);
        const float r61 = MulOp::Of((0x1.99999a0000000p-5f), r57);
        const float r62 = ExprelOp::Of(r61);
        const float r63 = MulOp::Of(r60, r62);
        const float r64 = AddOp::Of(FieldOf<float>(g.field, 12)[i], r63);
        const float r65 = SubOp::Of((0x1.e000000000000p+3f), r29);
        const float r66 = MulOp::Of(r65, (0x1.99999a0000000p-3f));
        const float r67 = ExprelOp::Of(r66);
        const float r68 = DivOp::Of((0x1.47ae140000000p-3f), r67);
        const float r69 = NegOp::Of(r68);
        const float r70 = SubOp::Of((0x1.4000000000000p+3f), r29);
        const float r71 = MulOp::Of(r70, (0x1.99999a0000000p-6f));
        const float r72 = ExpOp::Of(r71);
        const float r73 = MulOp::Of((0x1.0000000000000p-1f), r72);
        const float r74 = SubOp::Of(r69, r73);
        const float r75 = MulOp::Of(r74, FieldOf<float>(g.field, 13)[i]);
        const float r76 = AddOp::Of(r75, r68);
        const float r77 = MulOp::Of((0x1.99999a0000000p-5f), r76);
        const float r78 = MulOp::Of((0x1.99999a0000000p-5f), r74);
        const float r79 = ExprelOp::Of(r78);
        const float r80 = MulOp::Of(r77, r79);
        const float r81 = AddOp::Of(FieldOf<float>(g.field, 13)[i], r80);
        const float r82 = MulOp::Of(FieldOf<float>(g.field, 25)[0], FieldOf<float>(g.field, 16)[i]);
        const Bool r83 = GtOp::Of(r28, FieldOf<float>(g.field, 8)[0]);
        const Bool r84 = NotOp::Of(r0);
        const Bool r85 = AndOp::Of(r83, r84);
        FieldOf<Bool>(g.field, 17)[i] = r0;
        FieldOf<int32_t>(g.field, 18)[i] = r2;
        FieldOf<float>(g.field, 10)[i] = r28;
        FieldOf<float>(g.field, 11)[i] = r46;
        FieldOf<float>(g.field, 12)[i] = r64;
        FieldOf<float>(g.field, 13)[i] = r81;
        FieldOf<float>(g.field, 16)[i] = r82;
        g.events[0].flags[i] = r85;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const Real a0 = Arriving<Real, Total>(from, g.slot[0] + i, 0, m.step);
    const float r0 = AddOp::Of(FieldOf<float>(g.field, 16)[i], a0);
    FieldOf<float>(g.field, 16)[i] = r0;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const int32_t r0 = static_cast<int32_t>(FieldOf<int32_t>(g.field, 26)[0]);
        FieldOf<int32_t>(g.field, 18)[i] = r0;
        return;
      }
    }
  }
};

struct Code2 {
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
        const int32_t o0 = AddOp::Of(m.step, int32_t(1));
        const int32_t r0 = AddOp::Of(FieldOf<int32_t>(g.field, 1)[i], FieldOf<int32_t>(g.field, 2)[i]);
        const int32_t r1 = Take(FieldOf<int32_t>(g.field, 0), g.length[0], r0);
        const Bool r2 = EqOp::Of(r1, o0);
        g.events[0].flags[i] = r2;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const int32_t r0 = AddOp::Of(FieldOf<int32_t>(g.field, 2)[i], int32_t(1));
        FieldOf<int32_t>(g.field, 2)[i] = r0;
        return;
      }
    }
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
      case 2: body(Code2()); break;
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

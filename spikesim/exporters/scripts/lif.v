// Leaky integrate-and-fire neurons, one after the other; a synapse a cycle. net.v gives the numbers.
//
// Spikes of the last steps are kept, not what they will add: each neuron collects its own. A word of
// synapses.hex, its fields from the top down, is one synapse; words are sorted by neuron, and within
// it by what is shifted as one:
//     last of its neuron, last of its sum, from a source, right shift - 7, latency, place, weight
// and a word of neurons.hex is one neuron:
//     4095 - du, 4096 - dv, threshold, bias, u and v at the start
//
// While `done`, hand over the spikes of the sources, then `start`: a step takes SYNAPSES + INPUTS + 7
// cycles. `out_valid` marks the neurons that spike. Both memories of spikes keep their old contents on
// a reset; `age` masks them.
module lif #(
    parameter INPUTS = 1,
    parameter NEURONS = 1,
    parameter SYNAPSES = 1,
    parameter SLOTS = 2,  // the longest latency, in steps, and 1
    parameter INPUT_BITS = 1,
    parameter NEURON_BITS = 1,
    parameter SYNAPSE_BITS = 1,
    parameter SLOT_BITS = 1,
    parameter PLACE_BITS = 1  // of source * SLOTS + slot
) (
    input  wire clk,
    input  wire reset,
    input  wire in_valid,
    input  wire [INPUT_BITS-1:0] in_source,
    input  wire [7:0] in_spikes,  // how many, of that source, in this step
    input  wire start,
    output wire done,
    output reg  out_valid,
    output reg  [NEURON_BITS-1:0] out_neuron
);
    localparam WIDTH = 16 + SLOT_BITS + PLACE_BITS;
    localparam signed [31:0] TOP = 32'sd8388608;  // 2^23

    (* ram_style = "block" *) reg [WIDTH-1:0] synapses [0:SYNAPSES-1];
    (* ram_style = "block" *) reg [109:0] neurons [0:NEURONS-1];
    initial $readmemh("synapses.hex", synapses);
    initial $readmemh("neurons.hex", neurons);
    reg [7:0] given [0:INPUTS*SLOTS-1];  // spikes of the sources, by source and slot
    reg fired [0:NEURONS*SLOTS-1];
    reg signed [31:0] u [0:NEURONS-1];
    reg signed [23:0] v [0:NEURONS-1];

    // ---- the sequence: idle, all words, what is left in the pipeline, the next slot cleared --------

    reg walking, draining, clearing;
    reg [SLOT_BITS-1:0] now, age;  // the slot of this step; steps since the reset, as far as it matters
    reg [SYNAPSE_BITS-1:0] word_at;
    reg [INPUT_BITS-1:0] clear_at;
    wire finished;  // the last neuron's state is written
    assign done = !(walking || draining || clearing);

    always @(posedge clk)
        if (reset) begin
            {walking, draining, clearing} <= 3'b001;
            now <= 0;
            age <= 0;
            word_at <= 0;
            clear_at <= 0;
        end else if (walking) begin
            word_at <= word_at + 1'b1;
            if (word_at == SYNAPSES - 1) {walking, draining} <= 2'b01;
        end else if (draining) begin
            if (finished) begin
                {draining, clearing} <= 2'b01;
                now <= now == SLOTS - 1 ? 0 : now + 1'b1;
                if (age != SLOTS - 1) age <= age + 1'b1;
            end
        end else if (clearing) begin
            clear_at <= clear_at + 1'b1;
            if (clear_at == INPUTS - 1) clearing <= 0;
        end else if (start) begin
            walking <= 1;
            word_at <= 0;
            clear_at <= 0;
        end

    wire [PLACE_BITS-1:0] given_at = (clearing ? clear_at : in_source) * SLOTS + now;
    always @(posedge clk)
        if (clearing || done && in_valid) given[given_at] <= clearing ? 8'd0 : in_spikes;

    // ---- 1: a word; 2: its spikes; 3: their product with the weight --------------------------------

    reg [2:0] valid;
    reg [WIDTH-1:0] word;
    wire [SLOT_BITS-1:0] latency = word[9 + PLACE_BITS +: SLOT_BITS];
    wire [PLACE_BITS-1:0] place =
        word[9 +: PLACE_BITS] + (now >= latency ? now - latency : now + (SLOTS - latency));
    reg [7:0] given_then;
    reg fired_then, known, from_source;
    reg [5:0] control_2, control_3;  // last of its neuron, last of its sum, shift
    reg signed [8:0] weight;
    wire [7:0] spikes = !known ? 8'd0 : from_source ? given_then : {7'd0, fired_then};
    reg signed [17:0] product;

    always @(posedge clk) begin
        valid <= reset ? 3'd0 : {valid[1:0], walking};
        word <= synapses[word_at];
        given_then <= given[place];
        fired_then <= fired[place];
        known <= latency <= age;
        {control_2[5:4], from_source, control_2[3:0]} <= word[WIDTH-1 -: 7];
        weight <= word[8:0];
        product <= weight * $signed({1'b0, spikes});
        control_3 <= control_2;
    end

    // ---- 4: the sums; 5: what arrives at a neuron, u and v of the step before ----------------------

    reg summed, whole, collected;
    reg [3:0] shift;
    reg signed [31:0] sum, partial;  // partial: of a sum that goes on
    wire signed [31:0] sum_now = partial + product;
    wire signed [38:0] wide = {sum, 7'd0};
    wire signed [38:0] shifted = wide >>> shift;
    reg [25:0] total, arriving;  // 26 bits are what is left of 32 when 6 are added below
    wire [25:0] total_now = total + (summed ? shifted[25:0] : 26'd0);
    reg [NEURON_BITS-1:0] index, index_5;
    reg [109:0] neuron;
    reg signed [31:0] u_then;
    reg signed [23:0] v_then;

    always @(posedge clk) begin
        if (valid[2]) partial <= control_3[4] ? 0 : sum_now;
        sum <= sum_now;
        shift <= control_3[3:0];
        summed <= valid[2] && control_3[4];
        whole <= valid[2] && control_3[5];
        total <= whole ? 26'd0 : total_now;
        arriving <= total_now;
        collected <= whole;
        if (whole) index <= index + 1'b1;
        index_5 <= index;
        neuron <= neurons[index];
        u_then <= u[index];
        v_then <= v[index];
        if (reset || start && done) begin
            {summed, whole, collected} <= 0;
            {partial, total, index} <= 0;
        end
    end

    // ---- 6: the decays; 7: u and v; a spike takes v to 0 -------------------------------------------

    wire fresh = age == 0;
    wire signed [31:0] u_old = fresh ? $signed(neuron[47:24]) : u_then;
    wire signed [23:0] v_old = fresh ? $signed(neuron[23:0]) : v_then;
    reg signed [45:0] u_kept, v_kept;
    reg signed [19:0] bias;
    reg [16:0] threshold;
    reg [25:0] arriving_6;
    reg [NEURON_BITS-1:0] index_6;
    reg decayed;
    wire signed [45:0] u_even = u_kept + (u_kept[45] ? 4095 : 0);  // towards zero
    wire signed [45:0] v_even = v_kept + (v_kept[45] ? 4095 : 0);
    wire signed [31:0] u_32 = $signed(u_even[43:12]) + $signed({arriving_6, 6'd0});
    wire signed [31:0] u_new = u_32 > TOP ? u_32 - 2 * TOP : u_32 <= -TOP ? u_32 + 2 * TOP : u_32;
    wire signed [31:0] v_32 = $signed(v_even[43:12]) + u_new + bias;
    wire signed [23:0] v_new = v_32 > TOP - 1 ? TOP - 1 : v_32 < 1 - TOP ? 1 - TOP : v_32;
    wire spike = v_new > $signed({1'b0, threshold, 6'd0});

    always @(posedge clk) begin
        u_kept <= u_old * $signed({1'b0, neuron[109:98]});
        v_kept <= v_old * $signed({1'b0, neuron[97:85]});
        threshold <= neuron[84:68];
        bias <= neuron[67:48];
        arriving_6 <= arriving;
        index_6 <= index_5;
        decayed <= collected && !reset;
        out_valid <= decayed && spike && !reset;
        out_neuron <= index_6;
        if (decayed) begin
            u[index_6] <= u_new;
            v[index_6] <= spike ? 24'd0 : v_new;
            fired[index_6 * SLOTS + now] <= spike;
        end
    end
    assign finished = decayed && index_6 == NEURONS - 1;
endmodule

;; A module with the fabric's exports that shows what the daemon gives it: every frame becomes an event.
;; The daemon knows no protocol, so its own tests need none either.
;;
;;   frame    → event 1: code = direction, port = interface, tries = link, 16 captured, 18 length, 20 first 44 bytes
;;   command 1 (configure)  → status 0
;;   command 2              → u32 at 8 events of kind 2 with a number counting from 1 at 16: a long answer
;;   command 3              → fails an assertion
;;   command 4              → reads the byte at the u32 at 8, which may be outside memory
;;   command 5              → grows memory by the u32 at 8 pages, event 5: 16 memory.grow's answer
;;   command 6              → event 6: a number stored in one width and loaded in another, see below
;;   command 240            → builds a frame of the u16 at 8 bytes, those from 10 on, for the interface at 2
;;   any other              → status 2
(module
  (memory (export "memory") 1)
  (global (export "ABI") i32 (i32.const 7))
  (global (export "FRAME_BYTES") i32 (i32.const 512))
  (global $capacity (export "EVENT_CAPACITY") i32 (i32.const 256))
  (global (export "RECORD_BYTES") i32 (i32.const 64))
  (global (export "OUTGOING_BYTES") i32 (i32.const 54))
  (global (export "Link.Ethernet") i32 (i32.const 1))
  (global (export "Link.Raw") i32 (i32.const 2))
  (global (export "Direction.In") i32 (i32.const 1))
  (global (export "Direction.Out") i32 (i32.const 2))
  (global (export "FrameFlag.Vouched") i32 (i32.const 4))
  (global (export "FrameFlag.ForOthers") i32 (i32.const 8))
  (global (export "Status.Ok") i32 (i32.const 0))
  (global (export "Command.Configure") i32 (i32.const 1))

  (global $frameAt i32 (i32.const 1024))
  (global $commandAt i32 (i32.const 2048))
  (global $eventAt i32 (i32.const 4096))
  (global $pending (mut i32) (i32.const 0))
  (global $serial (mut i32) (i32.const 0))
  (global $now (mut i64) (i64.const 0))
  (global $left (mut i32) (i32.const 0))
  (global $counted (mut i32) (i32.const 0))
  (global $outgoing (mut i32) (i32.const 0))
  (data (i32.const 64) "\01\02\03\04\05\06\07\08")

  (func (export "frameBuffer") (result i32) (global.get $frameAt))
  (func (export "commandBuffer") (result i32) (global.get $commandAt))
  (func (export "eventBuffer") (result i32) (global.get $eventAt))

  (func (export "outgoingBuffer") (result i32) (i32.add (global.get $commandAt) (i32.const 10)))
  (func (export "outgoing") (result i32) (global.get $outgoing))

  ;; Begins an event; its address, or that of a spare record when there is no room.
  (func $event (param $kind i32) (param $value i32) (result i32)
    (local $at i32)
    (global.set $serial (i32.add (global.get $serial) (i32.const 1)))
    (local.set $at (i32.add (global.get $eventAt) (i32.mul (global.get $pending) (i32.const 64))))
    (if (i32.lt_u (global.get $pending) (global.get $capacity))
      (then (global.set $pending (i32.add (global.get $pending) (i32.const 1)))))
    (memory.fill (local.get $at) (i32.const 0) (i32.const 64))
    (i32.store8 (local.get $at) (local.get $kind))
    (i32.store16 offset=4 (local.get $at) (global.get $serial))
    (i64.store offset=8 (local.get $at) (global.get $now))
    (i32.store offset=16 (local.get $at) (local.get $value))
    (local.get $at))

  (func $tick (export "tick") (param $low i32) (param $high i32) (result i32)
    (global.set $now (i64.or (i64.extend_i32_u (local.get $low))
      (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32))))
    (global.get $pending))

  (func (export "frame") (param $link i32) (param $iface i32) (param $direction i32) (param $captured i32)
    (param $length i32) (param $low i32) (param $high i32) (result i32)
    (local $at i32)
    (drop (call $tick (local.get $low) (local.get $high)))
    (local.set $at (call $event (i32.const 1) (local.get $captured)))
    (i32.store8 offset=1 (local.get $at) (local.get $direction))
    (i32.store16 offset=2 (local.get $at) (local.get $iface))
    (i32.store16 offset=6 (local.get $at) (local.get $link))
    (memory.copy (i32.add (local.get $at) (i32.const 20)) (global.get $frameAt)
      (select (local.get $captured) (i32.const 44) (i32.lt_u (local.get $captured) (i32.const 44))))
    (i32.store16 offset=18 (local.get $at) (local.get $length))
    (i32.or (i32.const 1) (i32.shl (global.get $pending) (i32.const 8))))

  (func $resume (export "resume") (result i32)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (global.get $left)))
        (br_if $done (i32.eq (global.get $pending) (global.get $capacity)))
        (global.set $left (i32.sub (global.get $left) (i32.const 1)))
        (global.set $counted (i32.add (global.get $counted) (i32.const 1)))
        (drop (call $event (i32.const 2) (global.get $counted)))
        (br $more)))
    (global.get $pending))

  (func (export "drained") (global.set $pending (i32.const 0)))

  (func $argument (result i32) (i32.load offset=8 (global.get $commandAt)))

  (func $widths
    (local $at i32)
    (local.set $at (call $event (i32.const 6) (i32.load (i32.const 64))))
    (i64.store offset=24 (local.get $at) (i64.load (i32.const 64)))
    (i32.store offset=32 (local.get $at) (i32.load16_u (i32.const 66)))
    (i32.store offset=36 (local.get $at) (i32.load8_u (i32.const 67)))
    (i32.store offset=40 (local.get $at) (i32.load8_s (i32.add (global.get $commandAt) (i32.const 12))))
    (i32.store offset=44 (local.get $at) (i32.load16_s (i32.add (global.get $commandAt) (i32.const 12))))
    (i64.store32 offset=48 (local.get $at) (i64.load32_s (i32.add (global.get $commandAt) (i32.const 12)))))

  (func (export "command") (result i32)
    (local $kind i32)
    (local $status i32)
    (global.set $outgoing (i32.const 0))
    (local.set $kind (i32.load8_u (global.get $commandAt)))
    (block $done
      (br_if $done (i32.eq (local.get $kind) (i32.const 1)))
      (if (i32.eq (local.get $kind) (i32.const 2))
        (then
          (global.set $left (call $argument))
          (global.set $counted (i32.const 0))
          (drop (call $resume))
          (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 3)) (then unreachable))
      (if (i32.eq (local.get $kind) (i32.const 4))
        (then (drop (call $event (i32.const 4) (i32.load8_u (call $argument)))) (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 5))
        (then (drop (call $event (i32.const 5) (memory.grow (call $argument)))) (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 6)) (then (call $widths) (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 240))
        (then
          (global.set $outgoing (i32.or (i32.load16_u offset=8 (global.get $commandAt))
            (i32.shl (i32.load16_u offset=2 (global.get $commandAt)) (i32.const 16))))
          (br $done)))
      (local.set $status (i32.const 2)))
    (i32.or (local.get $status) (i32.shl (global.get $pending) (i32.const 8))))
)

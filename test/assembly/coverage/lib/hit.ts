/** Said by every statement that coverage/transform.js has found, before it runs. */
export declare function __hit(id: u32): void;

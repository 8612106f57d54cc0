/// <reference types="../../node_modules/assemblyscript/std/assembly/index" />
/// <reference types="../../node_modules/@as-pect/assembly/types/as-pect" />

# fabric.c with the module's variables apart: awk -f globals.awk fabric.h fabric.c fabric.c. Those that nobody but the module
# sees are WASM_RT_GLOBAL(name), and WASM_RT_GLOBALS() declares them; wasm-rt.h says where they are.
BEGIN {
	USE = "instance->w2c_[A-Za-z0-9_]+"
}
FNR == 1 {
	file++
}
file == 1 && /^  (u32|u64|f32|f64) w2c_[A-Za-z0-9_]+;$/ {
	name = substr($2, 1, length($2) - 1)
	types[name] = $1
	order[++count] = name
}
# Exported: who imports it gets its address.
file == 2 && /^  return &instance->w2c_[A-Za-z0-9_]+;$/ {
	delete types[substr($2, 12, length($2) - 12)]
}
file == 3 {
	rest = $0
	line = ""
	while (match(rest, USE)) {
		use = substr(rest, RSTART, RLENGTH)
		name = substr(use, 11)
		line = line substr(rest, 1, RSTART - 1) (name in types ? "WASM_RT_GLOBAL(" name ")" : use)
		rest = substr(rest, RSTART + RLENGTH)
	}
	print line rest
	if ($0 == "#include \"fabric.h\"") {
		line = "WASM_RT_GLOBALS("
		for (i = 1; i <= count; i++)
			if (order[i] in types)
				line = line types[order[i]] " " order[i] "; "
		print line ")"
	}
}

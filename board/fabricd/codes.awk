# The module's numbers for C, from what wasm2c has written: Verdict.SynNoted is VERDICT_SYN_NOTED.
BEGIN {
	print "/* Written by codes.awk. */"
	print "#pragma once"
}
/^  instance->w2c_[A-Z][A-Za-z0-9_]* = [0-9]+(u|ull);$/ {
	name = substr($1, length("instance->w2c_") + 1)
	# A dot, as wasm2c writes it.
	sub(/0x2E/, "_", name)
	while (match(name, /[a-z0-9][A-Z]/))
		name = substr(name, 1, RSTART) "_" substr(name, RSTART + 1)
	print "#define " toupper(name) " " substr($3, 1, length($3) - 1)
}

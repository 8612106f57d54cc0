# The module's numbers for C, from what wasm2c has written: the export Verdict.SynNoted is VERDICT_SYN_NOTED. What it calls
# them inside depends on whether the module has a section of names.
BEGIN {
	print "/* Written by codes.awk. */"
	print "#pragma once"
}
/^  instance->w2c_[A-Za-z0-9_]+ = [0-9]+(u|ull);$/ {
	values[$1] = substr($3, 1, length($3) - 1)
}
/^\/\* export: '[A-Z][A-Za-z0-9_.]*' \*\/$/ {
	name = substr($3, 2, length($3) - 2)
}
/^  return &instance->w2c_[A-Za-z0-9_]+;$/ && name != "" {
	global = substr($2, 2, length($2) - 2)
	if (global in values) {
		gsub(/\./, "_", name)
		while (match(name, /[a-z0-9][A-Z]/))
			name = substr(name, 1, RSTART) "_" substr(name, RSTART + 1)
		print "#define " toupper(name) " " values[global]
	}
	name = ""
}

#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const char usage[] =
	"usage: ringback-fabricd [--stdio | --socket PATH | --remote] --interface NAME [--interface NAME]...\n"
	"                        [--await] [--memory MIB] [--user NAME] [--owner NAME]\n"
	"\n"
	"  --interface NAME  listen there; may be given again, up to %u times\n"
	"  --await           interfaces that are not there yet are waited for\n"
	"  --stdio           records on standard input and output (default); ends with the program\n"
	"  --socket PATH     records on a Unix socket for its owner; outlives the program\n"
	"  --remote          records on standard input and output, from a daemon that outlives this: the command of a\n"
	"                    key in authorized_keys, for a program on another machine; awaits its interfaces, too\n"
	"  --memory MIB      the most that the module may take\n"
	"                    (default: %u with --remote, otherwise what it is told to)\n"
	"  --user NAME       whom to become once everything is open, if started as root (default: nobody)\n"
	"  --owner NAME      whose the socket is (default: whoever started it)\n"
	"  --version, --help\n";

static void printUsage(FILE *to)
{
	fprintf(to, usage, MAX_INTERFACES, REMOTE_MEMORY_MIB);
}

/* 0: it is none. */
static uint32_t memoryOf(const char *text)
{
	char *end;
	unsigned long mib = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || mib == 0 || mib > INT32_MAX) {
		say("--memory %s is no whole number of MiB, from 1 on", text);
		return 0;
	}
	return (uint32_t)mib;
}

int options_read(struct options *options, int count, char **arguments)
{
	static const struct option known[] = {
		{"interface", required_argument, NULL, 'i'},
		{"stdio", no_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"user", required_argument, NULL, 'u'},
		{"owner", required_argument, NULL, 'o'},
		{"await", no_argument, NULL, 'a'},
		{"memory", required_argument, NULL, 'm'},
		{"remote", no_argument, NULL, 'r'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(count, arguments, "", known, NULL)) >= 0) {
		switch (option) {
		case 'i':
			if (options->interfaceCount == MAX_INTERFACES || strlen(optarg) >= IFNAMSIZ) {
				say(strlen(optarg) >= IFNAMSIZ ? "an interface name has at most %u bytes"
							       : "at most %u interfaces",
				    strlen(optarg) >= IFNAMSIZ ? IFNAMSIZ - 1 : MAX_INTERFACES);
				return WRONG_USAGE;
			}
			for (uint32_t i = 0; i < options->interfaceCount; i++)
				if (strcmp(options->interfaces[i], optarg) == 0) {
					say("interface %s is named twice", optarg);
					return WRONG_USAGE;
				}
			options->interfaces[options->interfaceCount++] = optarg;
			break;
		case 'a':
			options->await = true;
			break;
		case 'r':
			options->remote = options->await = true;
			break;
		case 'm':
			options->memoryMib = memoryOf(optarg);
			if (options->memoryMib == 0)
				return WRONG_USAGE;
			break;
		case 'c':
			options->stdio = true;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'o':
			options->owner = optarg;
			break;
		case 'v':
			printf("ringback-fabricd %s\n", VERSION);
			return DONE;
		case 'h':
			printUsage(stdout);
			return DONE;
		default:
			printUsage(stderr);
			return WRONG_USAGE;
		}
	}
	if (optind < count || options->interfaceCount == 0 ||
	    (options->stdio && (options->socket != NULL || options->remote))) {
		say(optind < count		   ? "arguments without an option are not understood"
		    : options->interfaceCount == 0 ? "at least one --interface is needed"
						   : "--stdio, --socket and --remote exclude each other");
		printUsage(stderr);
		return WRONG_USAGE;
	}
	if (options->remote && options->memoryMib == 0)
		options->memoryMib = REMOTE_MEMORY_MIB;
	return -1;
}

#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static bool toSystem;

void say(const char *format, ...)
{
	char line[512];
	va_list arguments;
	size_t length;
	int part;

	part = snprintf(line, sizeof(line), "%s: ", program_invocation_short_name);
	length = part < 0 || toSystem ? 0 : (size_t)part;
	va_start(arguments, format);
	part = vsnprintf(line + length, sizeof(line) - 1 - length, format, arguments);
	va_end(arguments);
	if (part > 0)
		length += (size_t)part;
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	if (toSystem) {
		line[length] = '\0';
		syslog(LOG_WARNING, "%s", line);
		return;
	}
	line[length++] = '\n';
	/* Nobody to tell when standard error is gone. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

void say_to_system(void)
{
	/* What a line of it needs is opened now. */
	tzset();
	openlog(program_invocation_short_name, LOG_NDELAY, LOG_DAEMON);
	toSystem = true;
}

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
static bool apart;

static void write_line(int descriptor, int priority, const char *format, va_list arguments)
{
	char line[512];
	size_t length;
	int part;

	part = snprintf(line, sizeof(line), "%s: ", program_invocation_short_name);
	length = part < 0 || toSystem ? 0 : (size_t)part;
	part = vsnprintf(line + length, sizeof(line) - 1 - length, format, arguments);
	if (part > 0)
		length += (size_t)part;
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	if (toSystem) {
		line[length] = '\0';
		syslog(priority, "%s", line);
		return;
	}
	line[length++] = '\n';
	/* Nobody to tell when it is gone. */
	if (write(descriptor, line, length) < 0)
		return;
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(STDERR_FILENO, LOG_WARNING, format, arguments);
	va_end(arguments);
}

void say_news(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(apart ? STDOUT_FILENO : STDERR_FILENO, LOG_INFO, format, arguments);
	va_end(arguments);
}

void say_news_apart(void)
{
	apart = true;
}

void say_to_system(void)
{
	/* What a line of it needs is opened now. */
	tzset();
	openlog(program_invocation_short_name, LOG_NDELAY, LOG_DAEMON);
	toSystem = true;
}

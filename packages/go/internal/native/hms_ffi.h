/* The C ABI of HMS FFI.
 *
 * - Objects are handles: integers that are never reused. A wrong one is an error, not a crash.
 * - Bytes that go in are copied before the function returns; texts are UTF-8 with a length, without a final zero.
 * - A HmsBuffer that comes out belongs to the caller: free it with hms_buffer_free (which ignores one with cap 0).
 * - Functions that return int32_t return 0, or 1 with an error in *error (docs/protocol.md, section 5).
 *   hms_error_code and hms_error_text read it.
 * - Nothing blocks but hms_connect and hms_call. Pointers for results may be NULL.
 */
#ifndef HMS_FFI_H
#define HMS_FFI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that the library made. */
typedef struct HmsBuffer {
  uint8_t *ptr;
  size_t len;
  size_t cap;
} HmsBuffer;

void hms_buffer_free(HmsBuffer buffer);

/* The code of an error, 1 to 16; 0 if the bytes are not an error. */
uint8_t hms_error_code(const uint8_t *ptr, size_t len);
/* Code, message, trace and causes, for people. */
HmsBuffer hms_error_text(const uint8_t *ptr, size_t len);

/* Limits of one message. */
typedef struct HmsLimits {
  uint64_t max_message;
  uint64_t max_elements;
  uint32_t max_depth;
} HmsLimits;

/* The limits of settings. Settings are lines of HMS_KEY=value, which win over the environment. */
int32_t hms_limits(const uint8_t *settings, size_t settings_len, HmsLimits *limits, HmsBuffer *error);

/* Contracts. Loads a .wit file or a folder in the layout wit/ + wit/deps/. */
int32_t hms_contract_load(const uint8_t *path, size_t path_len, uint64_t *contract, HmsBuffer *error);
/* A contract from texts: begin, add the files, parse. Parsing ends the handle of the files. */
uint64_t hms_files_new(void);
int32_t hms_files_add(uint64_t files, const uint8_t *name, size_t name_len, const uint8_t *content,
                      size_t content_len, HmsBuffer *error);
int32_t hms_contract_parse(uint64_t files, uint64_t *contract, HmsBuffer *error);
/* The schema of an interface as JSON; language is one of ours ("go") for its spellings of names, or empty. */
int32_t hms_contract_schema(uint64_t contract, const uint8_t *interface, size_t interface_len,
                            const uint8_t *language, size_t language_len, HmsBuffer *schema, HmsBuffer *error);
void hms_contract_free(uint64_t contract);

/* Something that happened. */
typedef struct HmsEvent {
  uint32_t kind;      /* 1 a connect ended, 2 a call ended, 3 a call to serve, 4 its caller no longer waits */
  uint32_t outcome;   /* 1, 2: 0 ok, 1 declared error, 2 error, 3 cancelled; 4: 1 if the deadline has passed */
  uint64_t token;     /* that the connect, call or server was started with */
  uint64_t handle;    /* 1: the client; 3, 4: the call to serve */
  HmsBuffer body;     /* result, declared error, error or arguments */
  uint32_t function;  /* 3: index of the function in the schema */
  uint32_t interface; /* 3: index of the interface among those of the server */
  int64_t remaining;  /* 3: nanoseconds until the deadline, -1 for none */
} HmsEvent;

/* A driver for a loop that waits for a descriptor: readable means that hms_driver_turn has something to do. */
int32_t hms_driver_new(const uint8_t *name, size_t name_len, uint64_t *driver, int32_t *descriptor,
                       HmsBuffer *error);
/* Does what can be done without waiting and writes down up to capacity events; more are there if it fills them all.
 * Call it when the descriptor is readable, and once after starting calls or replying. */
size_t hms_driver_turn(uint64_t driver, HmsEvent *events, size_t capacity);
void hms_driver_free(uint64_t driver);

/* Something to be done. Its bytes (body, idempotency key, traceparent) follow those of the request before it. */
typedef struct HmsRequest {
  uint32_t kind;     /* 1 start a call, 2 give a call up, 3 answer a call: hms_call_start, _give_up, _reply */
  uint32_t function; /* 1: index of the function in the schema; 3: the outcome */
  uint64_t handle;   /* 1, 2: the client; 3: the call to serve */
  uint64_t token;    /* 1, 2: of the call */
  uint64_t parent;   /* 1: the call that is being served meanwhile, or 0 */
  int64_t timeout;   /* 1 */
  uint64_t body_len;
  uint32_t key_len;
  uint32_t trace_len;
  uint32_t flags; /* 1: HMS_WAIT_FOR_ROOM */
  uint32_t reserved;
} HmsRequest;

/* A call over the quota of calls in flight (HMS_MAX_CALLS) waits for a place instead of failing. */
#define HMS_WAIT_FOR_ROOM 1

/* Does count requests, hands them to the sockets together, and writes down up to capacity events; more are there if it
 * fills them all. look: 0 takes only events that are there already, 1 looks for new ones afterwards, 2 before the
 * requests. Bodies whose cap is 0 belong to the driver and last until the next exchange. A call that cannot start ends
 * with an event. One thread at a time; not together with hms_driver_turn of the same driver. */
size_t hms_driver_exchange(uint64_t driver, const HmsRequest *requests, size_t count, const uint8_t *bytes,
                           size_t bytes_len, uint32_t look, HmsEvent *events, size_t capacity);

/* Starts a connect; an event of kind 1 ends it. contract is the caller's own view, or 0. timeout: nanoseconds, -1 the
 * default, -2 none. parent: the call that is being served meanwhile, or 0. */
int32_t hms_connect_start(uint64_t driver, const uint8_t *interface, size_t interface_len, uint64_t contract,
                          const uint8_t *options, size_t options_len, int64_t timeout, uint64_t parent,
                          uint64_t token, HmsBuffer *error);
/* Connects and BLOCKS, for threads without a driver of their own. */
int32_t hms_connect(const uint8_t *interface, size_t interface_len, uint64_t contract, const uint8_t *options,
                    size_t options_len, int64_t timeout, uint64_t *client, HmsBuffer *error);
/* The schema that arguments are written and results are read with. */
int32_t hms_client_schema(uint64_t client, const uint8_t *language, size_t language_len, HmsBuffer *schema,
                          HmsBuffer *error);
/* Starts a call of the function with this index in the schema; an event of kind 2 ends it. */
int32_t hms_call_start(uint64_t client, uint32_t function, const uint8_t *args, size_t args_len, int64_t timeout,
                       uint64_t parent, const uint8_t *idempotency_key, size_t idempotency_key_len,
                       const uint8_t *traceparent, size_t traceparent_len, uint64_t token, HmsBuffer *error);
/* Calls and BLOCKS; only for clients of hms_connect. outcome: 0 ok, 1 declared error, 2 error, 3 cancelled. */
int32_t hms_call(uint64_t client, uint32_t function, const uint8_t *args, size_t args_len, int64_t timeout,
                 uint32_t *outcome, HmsBuffer *body);
/* Nobody waits any more for the call with this token: no event will come for it. */
void hms_call_give_up(uint64_t client, uint64_t token);
/* How a client's calls went so far. */
typedef struct HmsClientMetrics {
  uint64_t calls;           /* that were started */
  uint64_t retries;         /* attempts beyond the first ones */
  uint64_t failovers;       /* those of them because a link was lost or a provider left */
  uint64_t retries_refused; /* calls not tried again because too many had been */
  uint32_t instances;       /* that calls go to now */
  uint32_t resting;         /* those of them that kept failing */
} HmsClientMetrics;

int32_t hms_client_metrics(uint64_t client, HmsClientMetrics *metrics, HmsBuffer *error);
void hms_client_close(uint64_t client);

/* Listens and registers; calls come as events of kind 3. interfaces: one a line, of the contract. */
int32_t hms_server_start(uint64_t driver, uint64_t contract, const uint8_t *interfaces, size_t interfaces_len,
                         const uint8_t *options, size_t options_len, const uint8_t *name, size_t name_len,
                         size_t max_concurrent, size_t queue, uint64_t token, uint64_t *server, HmsBuffer *error);
/* Leaves discovery and says goodbye: calls that run go on, new ones go elsewhere. */
void hms_server_stop_accepting(uint64_t server);
/* Calls that are queued or run. */
size_t hms_server_in_flight(uint64_t server);
void hms_server_close(uint64_t server);

/* A call that is being served. */
typedef struct HmsCallInfo {
  uint32_t uid; /* the caller's, from the kernel */
  uint32_t gid;
  uint32_t pid;
  uint32_t hops; /* calls above this one in its chain */
  uint8_t chain[16];
  int64_t remaining; /* nanoseconds until the deadline, -1 for none */
  uint8_t cancelled;
} HmsCallInfo;

int32_t hms_call_info(uint64_t call, HmsCallInfo *info, HmsBuffer *error);
/* 0 traceparent, 1 tracestate, 2 idempotency key; empty if there is none. */
HmsBuffer hms_call_text(uint64_t call, uint32_t which);
/* Answers a call and ends its handle: outcome as in HmsEvent, with these bytes. */
void hms_call_reply(uint64_t call, uint32_t outcome, const uint8_t *body, size_t body_len);

#ifdef __cplusplus
}
#endif

#endif

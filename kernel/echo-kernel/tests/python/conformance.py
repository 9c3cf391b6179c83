"""The public test suite for kernels, with every feature that it can ask for; run with JUPYTER_PATH set."""

import unittest

import jupyter_kernel_test


class EchoTests(jupyter_kernel_test.KernelTests):
    kernel_name = "echo"
    language_name = "echo"
    file_extension = ".echo"
    code_hello_world = "hello, world"
    code_stderr = "!error oh"
    completion_samples = [
        {"text": "!la", "matches": {"!later"}},
        {"text": "µ😀 !s", "matches": {"!show", "!sleep", "!spin"}},
        {"text": "nothing", "matches": set()},
    ]
    complete_code_samples = ["hello", "!lines 3"]
    incomplete_code_samples = ["hello \\"]
    invalid_code_samples = ["!?"]
    code_page_something = "!page help"
    code_generate_error = "!raise oh"
    code_execute_result = [
        {"code": "!result 42", "result": "42"},
        {"code": "!result 43", "result": "43"},
        {"code": "!result µ", "result": "µ"},
    ]
    code_display_data = [
        {"code": "!display a", "mime": "text/plain"},
        {"code": "!display a", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "!res*[0-9]2"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "!lines"
    code_clear_output = "!clear"


if __name__ == "__main__":
    unittest.main(verbosity=2)

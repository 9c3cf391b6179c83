"""The public test suite for kernels, on the installed kernel; run with JUPYTER_PATH set, in a folder with signal.root."""

import unittest

import jupyter_kernel_test


class NotebookTests(jupyter_kernel_test.KernelTests):
    kernel_name = "mlaas4hep"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oh");'
    completion_samples = [
        {"text": "%his", "matches": {"%hist", "%hist2d"}},
        {"text": "%config plot.w", "matches": {"plot.width"}},
    ]
    complete_code_samples = ["%who", "let x = 1;", "fn f() {}"]
    incomplete_code_samples = ["fn f() {", "%%model"]
    invalid_code_samples = ["}"]
    code_page_something = "%hist?"
    code_generate_error = "%nothing_of_that_name"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "6 * 8", "result": "48"},
        {"code": '"no quotes lost"', "result": '"no quotes lost"'},
    ]
    code_display_data = [
        {"code": "%open signal.root", "mime": "text/html"},
        {"code": "%hist MET_pt", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "6 [*] 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "%hist"
    code_clear_output = "%clear"

    @classmethod
    def setUpClass(cls):
        """Waits for the compiler: the suite gives a cell 15 s, and the first one waits for the engine."""
        super().setUpClass()
        jupyter_kernel_test.TIMEOUT = 120
        cls.kc.execute_interactive("1;", store_history=False, timeout=300, output_hook=lambda _: None)

    def execute_helper(self, code, timeout=120, **options):
        return super().execute_helper(code, timeout=timeout, **options)


if __name__ == "__main__":
    unittest.main(verbosity=2)

//! Who is asking: JupyterHub tokens and browser login, IAM bearer tokens, and one Principal for both.

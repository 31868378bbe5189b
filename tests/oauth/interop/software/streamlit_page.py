"""The page of Streamlit's documentation of `st.login`. The test writes its settings, .streamlit/secrets.toml."""

import streamlit as st

if not st.user.is_logged_in:
    if st.button("Log in"):
        st.login()
else:
    if st.button("Log out"):
        st.logout()
    st.write(f"Hello, {st.user.name}! You are {st.user.email}.")

@echo off
rem Starts the product: double-click it, or "start.bat demo"; what follows goes to app.py.
rem The first start makes .venv and installs what is needed: see start.py.
setlocal
set "right=import sys; sys.exit(sys.version_info < (3, 11))"
set "python="
rem A release brings its Python and everything installed.
if exist "%~dp0python\python.exe" (
  "%~dp0python\python.exe" "%~dp0app.py" %*
  goto ended
)
py -3 -c "%right%" >nul 2>nul && set "python=py -3"
if not defined python python -c "%right%" >nul 2>nul && set "python=python"
if not defined python goto missing
%python% "%~dp0start.py" %*
:ended
set "status=%errorlevel%"
rem A window opened by a double-click would take the message with it.
if not "%status%"=="0" if "%~1"=="" pause
exit /b %status%

:missing
rem In escapes, because cmd reads this file in the code page of the PC. It says: Python 3.11 or
rem newer is needed; download it from python.org and tick "Add python.exe to PATH".
powershell -NoProfile -Command "Write-Host ([regex]::Unescape('\u9700\u8981 Python 3.11 \u4ee5\u4e0a\uff1a\u8bf7\u4ece python.org \u4e0b\u8f7d\uff0c\u5b89\u88c5\u65f6\u52fe\u9009 Add python.exe to PATH\uff0c\u7136\u540e\u518d\u542f\u52a8'))"
pause
exit /b 1

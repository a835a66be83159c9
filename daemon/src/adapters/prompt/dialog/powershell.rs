//! A dialog on Windows, drawn by the shell that comes with it.
//!
//! What is shown is handed to the script in variables, and never becomes part of the script.

use super::OPEN;
use super::boxes::{Box, Failure};

/// The exit codes with which the script says what happened. PowerShell's own for a script that fails is 1.
const CANCELLED: i32 = 3;
const TIMED_OUT: i32 = 4;

/// One window, in front of the others, whose text stands as it is. It has no double quotes, which would be read once more
/// on their way to PowerShell.
const SCRIPT: &str = "
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
$form = New-Object System.Windows.Forms.Form
$form.Text = $env:AWSD_TITLE
$form.AutoSize = $true
$form.AutoSizeMode = 'GrowAndShrink'
$form.FormBorderStyle = 'FixedDialog'
$form.StartPosition = 'CenterScreen'
$form.MaximizeBox = $false
$form.MinimizeBox = $false
$form.TopMost = $true
$rows = New-Object System.Windows.Forms.FlowLayoutPanel
$rows.FlowDirection = 'TopDown'
$rows.AutoSize = $true
$rows.Padding = 12
$label = New-Object System.Windows.Forms.Label
$label.AutoSize = $true
$label.UseMnemonic = $false
$label.Text = $env:AWSD_TEXT
$code = New-Object System.Windows.Forms.TextBox
$code.Width = 160
$buttons = New-Object System.Windows.Forms.FlowLayoutPanel
$buttons.AutoSize = $true
$ok = New-Object System.Windows.Forms.Button
$ok.Text = 'OK'
$ok.DialogResult = 'OK'
$cancel = New-Object System.Windows.Forms.Button
$cancel.Text = $env:AWSD_CANCEL
$cancel.DialogResult = 'Cancel'
$buttons.Controls.AddRange(@($ok, $cancel))
$rows.Controls.AddRange(@($label, $code, $buttons))
$form.Controls.Add($rows)
$form.AcceptButton = $ok
$form.CancelButton = $cancel
$form.Add_Shown({ $form.Activate(); $code.Focus() })
$timer = New-Object System.Windows.Forms.Timer
$timer.Interval = 1000 * [int]$env:AWSD_SECONDS
$timer.Add_Tick({ $form.DialogResult = 'Abort' })
$timer.Start()
switch ($form.ShowDialog()) {
    'OK' { [Console]::Out.Write($code.Text); exit 0 }
    'Abort' { exit 4 }
    default { exit 3 }
}
";

pub(super) const POWERSHELL: Box = Box {
    name: "powershell.exe",
    arguments: |_| ["-NoLogo", "-NoProfile", "-STA", "-Command", SCRIPT].map(str::to_owned).to_vec(),
    variables: |request| {
        vec![
            ("AWSD_TITLE", request.title.clone()),
            ("AWSD_TEXT", request.text_with_error().replace('\n', "\r\n")),
            ("AWSD_CANCEL", request.cancel.to_owned()),
            ("AWSD_SECONDS", OPEN.as_secs().to_string()),
        ]
    },
    failure: |code, _| match code {
        Some(CANCELLED) => Failure::Cancelled,
        Some(TIMED_OUT) => Failure::TimedOut,
        _ => Failure::NoWindow,
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;

    #[test]
    fn what_is_shown_is_no_part_of_the_script() {
        let request = request();
        let arguments = (POWERSHELL.arguments)(&request);
        assert_eq!(arguments.last().map(String::as_str), Some(SCRIPT));
        let variables = (POWERSHELL.variables)(&request);
        let value =
            |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("AWSD_TITLE"), Some(request.title.as_str()));
        assert!(value("AWSD_TEXT").unwrap().starts_with("wrong�code\r\n\r\ncode for"));
        assert_eq!((value("AWSD_CANCEL"), value("AWSD_SECONDS")), (Some("Cancel"), Some("300")));
        for (name, _) in variables {
            assert!(SCRIPT.contains(&format!("$env:{name}")), "{name}");
        }
    }

    #[test]
    fn the_script_is_read_as_it_stands_and_ends_with_codes_that_are_known() {
        assert!(!SCRIPT.contains('"'));
        assert!(SCRIPT.contains(&format!("'Abort' {{ exit {TIMED_OUT} }}")));
        assert!(SCRIPT.contains(&format!("default {{ exit {CANCELLED} }}")));
        let failure = |code| (POWERSHELL.failure)(code, "");
        assert_eq!(failure(Some(CANCELLED)), Failure::Cancelled);
        assert_eq!(failure(Some(TIMED_OUT)), Failure::TimedOut);
        assert_eq!(failure(Some(1)), Failure::NoWindow);
        assert_eq!(failure(None), Failure::NoWindow);
    }
}

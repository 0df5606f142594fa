"""What the HTML doors share: pages, assets, brand colours, headers, cookies and the pages that a preview shows too."""

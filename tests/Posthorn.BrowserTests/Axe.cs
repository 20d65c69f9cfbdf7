using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Posthorn.BrowserTests;

/// <summary>axe-core inside a page: what people who see or move less well would stumble over.</summary>
/// <remarks>
/// It looks at our own document. Frames hold what strangers wrote, in a sandbox without scripts: nothing that waits in there ever goes on, so nothing is asked of them.
/// </remarks>
internal static class Axe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    /// <summary>What it calls serious or critical.</summary>
    /// <param name="rules">Names of the rules; none: all of them.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(IPage page, string[] rules, CancellationToken cancel)
    {
        if (await page.EvaluateAsync<bool>("typeof window.axe === 'undefined'"))
        {
            await page.EvaluateAsync($"() => {{ {Script}\n }}");
        }

        JsonElement found = await page.EvaluateAsync<JsonElement>(
            """
            async rules => {
                const options = { iframes: false, resultTypes: ['violations'] };
                if (rules.length > 0) options.runOnly = { type: 'rule', values: rules };
                const result = await window.axe.run(document, options);
                return result.violations.filter(one => one.impact === 'serious' || one.impact === 'critical')
                    .map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html).join(' | ')}`);
            }
            """,
            rules).WaitAsync(Patience, cancel);
        return [.. found.EnumerateArray().Select(static violation => violation.GetString() ?? "")];
    }
}

